"""Staff's pages of matters: one matter with everything that may be done to it, and the list to find it in."""
