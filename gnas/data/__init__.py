"""From files to a split: readers, cleaning, splits, the catalogue, planted worlds."""
