"""Features of roles.toml that open the slice's pages. Pure."""

SIGNOFFS = "signoffs"
"""The page of two-person sign-offs: for who asks, who decides, who audits."""
