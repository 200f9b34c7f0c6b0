"""How many open matters a redraw of regions concerns."""

from collections.abc import Mapping

from django.db import connection

_OPEN = """
SELECT m.region_id, count(*) FROM unnest(%s::bigint[], %s::text[]) AS g (id, code)
JOIN matters_matter m ON m.scope_code = g.code AND m.region_id = g.id WHERE m.ended_at IS NULL GROUP BY 1
"""


def open_matters_of(codes: Mapping[int, str]) -> dict[int, int]:
    """Open matters that lie directly in each of these regions (id → code); 1 query. Worker's role sees them all."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [list(codes), list(codes.values())])
        return dict(cursor.fetchall())
