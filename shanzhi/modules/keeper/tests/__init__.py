"""What a keeper does."""
