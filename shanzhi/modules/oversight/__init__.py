"""What a supervisor looks at: what is late, where it sits, who gave it back; and work that nobody holds any more."""
