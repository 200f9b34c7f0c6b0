"""Every read of facts."""
