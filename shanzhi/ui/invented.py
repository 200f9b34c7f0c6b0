"""A demo city says on every page and in every file that all of it is invented."""

from django.conf import settings
from django.utils.translation import gettext

from shanzhi.core.text import msg

INVENTED = msg("演示数据，纯属虚构")


def is_invented() -> bool:
    """Is this a demo city?"""
    return bool(settings.DEMO_CITY)


def invented_lines() -> tuple[tuple[str, str], ...]:
    """The line that goes before what a file tells about itself; none in a city at work."""
    return ((gettext(msg("演示")), gettext(INVENTED)),) if is_invented() else ()
