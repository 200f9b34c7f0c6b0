"""One folder a capability; strangers to each other."""
