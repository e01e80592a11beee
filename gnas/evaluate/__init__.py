"""Measuring recommenders: the ranker, the evaluator, and the statistics of comparisons."""
