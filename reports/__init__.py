"""Shows what the diagnostics measured."""
