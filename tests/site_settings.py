"""Settings of the installations that tests start: a city's own, with one difference.

Passwords are hashed by the same function in fewer rounds: what is tested is signing in, not how slow the hash is. The
city's own count of rounds is used where tests start a city by `shanzhi.config.settings` (the demo, the command line).
"""

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from shanzhi.config.settings import *  # noqa: F403 - all of them

PASSWORD_HASHERS = ["tests.site_settings.QuickHasher"]


class QuickHasher(PBKDF2PasswordHasher):
    """PBKDF2-SHA256 in a thousand rounds."""

    iterations = 1000
