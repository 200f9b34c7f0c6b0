"""The outbox that tells the rest of the program what happened, and the notices that people read."""
