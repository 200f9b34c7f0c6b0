"""Every change: letters taken in and sent, packs built."""
