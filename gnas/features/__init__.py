"""What users and items are, as numbers: encoders, their cache, and the cleaning of attributes."""
