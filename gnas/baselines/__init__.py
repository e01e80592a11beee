"""Classic recommenders with the same interface as a trained candidate."""
