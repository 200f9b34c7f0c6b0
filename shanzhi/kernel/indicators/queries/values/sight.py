"""Whether who asks reads the figures of a region, where they are counted on reading: the policy's own question."""

from django.db import connection

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.places import NoSuchPlace


def reads_figures_under(code: str) -> bool:
    """Does a region (by its code) touch the place that the acting post stands for? Then it reads figures of those directly
    below it; 1 query. False where nobody acts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coderange(%s::text, %s::text || ':') && scope_place()", [code, code])
        found = cursor.fetchone()
    return bool(found and found[0])


def check_reads_figures_under(code: str) -> None:
    """Raises NoSuchPlace where it doesn't."""
    if not reads_figures_under(code):
        raise NoSuchPlace(msg("那时没有这个区域，或者您看不到它。请核对区域和期间。"))
