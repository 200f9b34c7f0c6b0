"""Evidence of an assessment: each object collected once, where it serves, who read it."""
