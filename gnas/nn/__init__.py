"""Candidates: propagation operators, combination, scorers, losses, and how an architecture becomes a model."""
