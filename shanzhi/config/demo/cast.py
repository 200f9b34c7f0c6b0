"""Who acts in the demo city: posts by unit and role, units by category, regions by weight. Looked up once, then kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from shanzhi.config.demo.city import actor_of, logins
from shanzhi.config.demo.places import community_of
from shanzhi.core.periods import local_date
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import PlaceRow, RegionRow

COUNTY_DIGITS, TOWNSHIP_DIGITS = 6, 9
LATE = "housing-construction"
"""The department that is always late, in the county of the sign-ins."""
SIGN_IN_SHARE, TOWNSHIP_SHARE, COMMUNITY_SHARE = 0.5, 0.3, 0.35
"""Of all matters those in the county of the sign-ins; of these those in their township; of these in their community."""


@dataclass(slots=True)
class Cast:
    """The demo city's people and places on one day."""

    city_code: str
    county_code: str
    on: date
    communities: tuple[RegionRow, ...]
    places: tuple[PlaceRow, ...]
    _posts: dict[tuple[int, str], tuple[Actor, ...]] = field(default_factory=dict)
    _leads: dict[tuple[str, str], tuple[int, tuple[int, ...]]] = field(default_factory=dict)
    _weights: dict[str, list[RegionRow]] = field(default_factory=dict)

    @classmethod
    def of_city(cls, city_code: str, county_code: str, *, now: datetime) -> "Cast":
        """The cast of a loaded city. 3 queries."""
        on = local_date(now)
        communities = tuple(organisation.communities_for_picker(city_code, on))
        home = community_of(county_code)[:TOWNSHIP_DIGITS]
        region = organisation.region_of_code(home, on)
        places = tuple(organisation.places_within(region.ranges, on)) if region is not None else ()
        return cls(city_code, county_code, on, communities, places)

    def login(self, username: str, now: datetime) -> Actor | None:
        """The actor behind a demo sign-in."""
        found = next((row for row in logins(self.city_code, self.county_code) if row.username == username), None)
        return actor_of(found, now) if found is not None else None

    def unit(self, code: str) -> int | None:
        """The id of the unit with this code."""
        found = organisation.unit_by_code(code, self.on)
        return found.id if found is not None else None

    def posts(self, unit_id: int | None, role: str) -> tuple[Actor, ...]:
        """The held posts of a unit with this role."""
        if unit_id is None:
            return ()
        if (unit_id, role) not in self._posts:
            cards = organisation.posts_of_unit(unit_id, self.on)
            for name in {card.role for card in cards} | {role}:
                held = [card.post_id for card in cards if card.role == name and card.staff_id is not None]
                self._posts[unit_id, name] = tuple(acting.actor_of_post(post, self.on) for post in held[:6])
        return self._posts[unit_id, role]

    def lead(self, category: str, community: str, now: datetime) -> tuple[int, tuple[int, ...]] | None:
        """Whom a category in a community goes to, and who helps; None where the catalogue leads nowhere."""
        spec = matters.categories().rules.categories.get(category)
        digits = TOWNSHIP_DIGITS if spec is not None and spec.department == "township" else COUNTY_DIGITS
        key = (category, community[:digits])
        if key not in self._leads:
            hint = matters.dispatch_hint(category, community, now)
            if hint is None or not self.posts(hint.unit_id, "handler"):
                return None
            self._leads[key] = (hint.unit_id, tuple(unit for unit, _ in hint.co))
        return self._leads[key]

    def other_lead(self, community: str, not_this: int) -> int | None:
        """The unit to which a matter goes that another gave back."""
        county = community[:COUNTY_DIGITS]
        for kind in ("urban-management", "housing-construction"):
            unit = self.unit(f"{kind}-{county}")
            if unit is not None and unit != not_this and self.posts(unit, "handler"):
                return unit
        return None

    def community(self, random: Random) -> RegionRow:
        """Where something happens: mostly round the sign-ins, and in larger townships more often than in small ones."""
        wanted = ""
        if random.random() < SIGN_IN_SHARE:
            home = community_of(self.county_code)
            wanted = self.county_code
            if random.random() < TOWNSHIP_SHARE:
                wanted = home if random.random() < COMMUNITY_SHARE else home[:TOWNSHIP_DIGITS]
        rows = self._within(wanted) or self._within("")
        # The first ones of a list more often: every place has its busy corners.
        return rows[int(len(rows) * random.random() ** 1.6)]

    def _within(self, code: str) -> Sequence[RegionRow]:
        if code not in self._weights:
            self._weights[code] = [row for row in self.communities if row.code.startswith(code)]
        return self._weights[code]
