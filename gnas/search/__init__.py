"""Proposing, running, pruning and confirming trials."""
