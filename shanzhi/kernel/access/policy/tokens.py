"""Tokens: who looks after them, and what can be wrong with one. Pure."""

from shanzhi.core.errors import InputError, NotFound

LOOKS_AFTER = "tokens"
"""The feature of roles.toml that listing and ending tokens needs."""
ISSUES = "token_issue"
"""The feature of roles.toml that issuing one needs."""


class TokenForNobody(InputError):
    """The post is vacant: separation of duties could not see who acts through the token."""

    code = "token-for-nobody"


class TokenNotFound(NotFound):
    """No such token where the acting post stands."""

    code = "token-not-found"
