"""What was done, by which post, when: append-only, sealed by the next slice of work, never edited."""
