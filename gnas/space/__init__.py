"""Search spaces: ranges over architectures, read from YAML, drawn from, moved in, counted."""
