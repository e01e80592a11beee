"""Relations between users and items, among users, and among items: one builder a file."""
