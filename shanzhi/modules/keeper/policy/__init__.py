"""The keeper's rules: files that a browser hands over, as rows. Pure."""
