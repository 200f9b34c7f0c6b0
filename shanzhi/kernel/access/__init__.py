"""Sign-in, the acting post, what it may do, and the row-level scope that the database holds it to."""
