"""Features of users and items as numbers: encoders, their cache, and the cleaning of attributes."""
