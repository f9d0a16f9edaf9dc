"""Measures where points land and where a pipeline reads; draws and counts it."""
