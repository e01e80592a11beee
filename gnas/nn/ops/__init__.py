"""Propagation operators: each a `Layer`, made by `spec.build(dim, generator)`."""
