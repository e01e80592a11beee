"""What relates users to items, users to users and items to items: one builder of relations a file."""
