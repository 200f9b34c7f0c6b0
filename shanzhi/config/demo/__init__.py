"""The demo city: real division codes, everything else invented."""
