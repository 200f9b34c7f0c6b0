"""Publishing of the sealed journal: heads and keys on a page, by webhook, on paper; checking of proof files."""
