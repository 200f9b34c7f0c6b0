"""Invented places of the demo city: in the community whose grid worker and staff have sign-ins, and in its neighbours."""

from collections.abc import Sequence
from datetime import date, datetime

from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.places import PlaceSaid
from shanzhi.kernel.organisation.queries import RegionRow

COMMUNITIES = {"370303": "370303009006"}
"""County → the community whose posts have sign-ins; elsewhere the first one of the first subdistrict."""
NORTH, EAST = 36.8135, 118.0480
STEP = 0.0021
"""Degrees between invented places: some 200 m, far enough from each other not to look like doubles."""
PLACES = (
    ("示例花园小区", "compound"),
    ("示例新苑小区", "compound"),
    ("示例实验小学", "school"),
    ("示例口袋公园", "park"),
    ("示例路改造工地", "site"),
    ("示例农贸市场", "market"),
    ("示例社区医院", "hospital"),
    ("示例科技园", "estate"),
)
"""In the community of the sign-ins."""
NEIGHBOURS = 5
NEAR = (
    ("锦绣家园（示例）", "compound"),
    ("书香名苑（示例）", "compound"),
    ("滨河新村（示例）", "compound"),
    ("紫薇雅居（示例）", "compound"),
    ("怡景花园（示例）", "compound"),
    ("中心小学（示例）", "school"),
    ("便民市场（示例）", "market"),
    ("街心公园（示例）", "park"),
    ("卫生服务站（示例）", "hospital"),
    ("管网改造工地（示例）", "site"),
)
"""In each of its neighbours: sixty places with those above."""


def community_of(county_code: str) -> str:
    """The community of a county whose posts have sign-ins."""
    return COMMUNITIES.get(county_code, f"{county_code}001001")


def load_places(county_code: str, *, on: date, now: datetime) -> int:
    """Enter the invented places that aren't there yet, as the importer; returns how many are new."""
    home = queries.region_of_code(community_of(county_code), on)
    if home is None:
        return 0
    near = [row for row in queries.children(home.code[:9], on) if row.level is Level.COMMUNITY and row.id != home.id]
    added = _load(home, PLACES, (NORTH, EAST), on, now)
    for number, community in enumerate(near[:NEIGHBOURS], start=1):
        names = tuple((f"{community.short_name}{name}", kind) for name, kind in NEAR)
        added += _load(community, names, (NORTH + 0.012 * number, EAST - 0.009 * number), on, now)
    return added


def _load(
    community: RegionRow, places: Sequence[tuple[str, str]], corner: tuple[float, float], on: date, now: datetime
) -> int:
    grids = [row.code for row in queries.children(community.code, on) if row.level is Level.GRID]
    homes = grids[:2] or [community.code]
    added = 0
    for place, (name, kind) in enumerate(places):
        number = f"{community.code}-{place + 1}"
        if queries.place_by_source("demo", number, on) is not None:
            continue
        is_compound = kind == "compound"
        said = PlaceSaid(
            name=name,
            kind=kind,
            region_code=homes[0 if place < len(places) - 2 else -1],
            latitude=round(corner[0] + STEP * (place // 3), 6),
            longitude=round(corner[1] + STEP * (place % 3), 6),
            firm="示例物业服务有限公司" if is_compound else "",
            firm_phone="0533-0000000" if is_compound else "",
            committee=f"{name}业主委员会" if is_compound else "",
        )
        organisation.place_add(
            said=said, on=on, now=now, author=Author("importer"), source="demo", source_number=number, even_so=True
        )
        added += 1
    return added
