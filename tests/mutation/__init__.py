"""Mutation testing: small faults planted into the code one at a time, to see that the tests notice each of them."""
