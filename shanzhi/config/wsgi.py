"""The web process's entry point."""

import os

# Whatever cuts texts imports it when it first does; here it is there before the first resident waits for it.
import rjieba  # noqa: F401
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanzhi.config.settings")
application = get_wsgi_application()
