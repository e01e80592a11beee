"""How good a recommender is: metrics, the evaluator, and the statistics of comparisons."""
