"""Rules of evidence: what an object is, how long it is kept, what is alike, what an item still lacks. Pure."""
