"""The user-item graph, its normalisations, and the only place that multiplies sparse matrices."""
