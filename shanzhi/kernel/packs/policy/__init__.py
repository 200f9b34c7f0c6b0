"""The rules of letters and packs: how they are written and read, and what is wrong with one. Pure."""
