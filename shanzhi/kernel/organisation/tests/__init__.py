"""What the organisation promises, one file a thing that a person can do."""
