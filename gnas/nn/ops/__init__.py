"""One propagation operator per file."""
