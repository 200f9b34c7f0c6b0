"""What a round is: its states, its text as it travels, what a self-evaluation needs. Pure."""
