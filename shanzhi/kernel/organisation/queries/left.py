"""Posts that somebody has left and nobody has taken since."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from shanzhi.core.ranges import CodeRanges


@dataclass(frozen=True, slots=True)
class LeftPost:
    """A post that was held and isn't any more; `is_closed`: it was abolished."""

    post_id: int
    unit_id: int
    unit_name: str
    unit_code: str
    role: str
    title: str
    region_code: str
    left_on: date
    is_closed: bool


_LEFT = (
    "SELECT p.id, u.id, u.name, u.code, p.role, p.title, s.code, h.left_on,"
    " p.closed_on IS NOT NULL AND p.closed_on <= %(on)s"
    " FROM organisation_post p JOIN organisation_unit u ON u.id = p.unit_id"
    " JOIN LATERAL (SELECT code FROM organisation_region_state WHERE region_id = u.region_id"
    " ORDER BY lower(valid) DESC LIMIT 1) s ON true"
    " JOIN (SELECT post_id, max(upper(valid)) AS left_on FROM organisation_post_holding"
    " WHERE upper(valid) <= %(on)s GROUP BY post_id) h ON h.post_id = p.id"
    " WHERE NOT EXISTS (SELECT 1 FROM organisation_post_holding later WHERE later.post_id = p.id"
    " AND (upper(later.valid) IS NULL OR upper(later.valid) > %(on)s))"
    " AND s.code <@ %(within)s::codemultirange ORDER BY h.left_on DESC, p.id LIMIT %(most)s"
)


def left_posts(within: CodeRanges, on: date, *, most: int = 500) -> list[LeftPost]:
    """Posts of units in these places that were held and are vacant, or abolished, on this day, the last left first; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, {"on": on, "within": within.to_pg(), "most": most})
        return [LeftPost(*row) for row in cursor.fetchall()]


def place_code_of_unit(unit_id: int, on: date) -> str:
    """The code under which a unit's region was last known by this day, closed or not; empty: no such unit; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.code FROM organisation_unit u JOIN organisation_region_state s ON s.region_id = u.region_id"
            " WHERE u.id = %s AND lower(s.valid) <= %s ORDER BY lower(s.valid) DESC LIMIT 1",
            [unit_id, on],
        )
        row = cursor.fetchone()
    return str(row[0]) if row else ""
