"""The run directory and what is done with one: search, evaluate, recommend."""
