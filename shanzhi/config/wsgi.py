"""The web process's entry point."""

import atexit
import gc
import os

# Whatever cuts texts imports it when it first does; here it is there before the first resident waits for it.
import rjieba  # noqa: F401
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from shanzhi.core.memory import uncollected

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanzhi.config.settings")
# Every page is loaded before the first is asked for; what is loaded stays, and a search for cycles needn't look through it.
with uncollected():
    application = get_wsgi_application()
    _ = get_resolver().url_patterns
gc.collect()
gc.freeze()
atexit.register(gc.unfreeze)
