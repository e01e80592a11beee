"""Measurements of gnas against other ways to do the same, on one machine and within one run.

`python -m benchmarks` lists them; each prints a table and writes JSON.
"""
