"""One propagation operator per file: a `Layer`, made by `spec.build(dim, generator)`."""
