"""The operator's desk of the 12345 hotline: calls, their four endings, and what is known by heart."""
