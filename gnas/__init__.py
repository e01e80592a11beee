"""Neural architecture search for graph neural recommenders."""

__version__ = "0.1.0"
