"""Taking in other systems' records from files."""
