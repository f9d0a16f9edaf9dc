"""Hostile input for every reader: one oracle, one harness a reader, for Hypothesis, for atheris and for the corpus."""
