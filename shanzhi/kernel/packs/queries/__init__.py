"""Every read: letters, peers, the check of a pack."""
