"""What the processes say of themselves: structured logs, metrics, whether they are up and ready. No personal data."""
