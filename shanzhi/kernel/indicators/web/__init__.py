"""The HTTP API of figures."""
