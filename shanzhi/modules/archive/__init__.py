"""The archive of evidence, for people."""
