"""What the organisation writes into the journal.

A shape that has been written never changes: register a new version.
"""

from dataclasses import dataclass
from datetime import date

from shanzhi.kernel.journal.policy import Payload, payload


@payload("regions.load")
@dataclass(frozen=True, slots=True)
class RegionsLoaded(Payload):
    """A city's divisions were taken over: how many regions of each level are new, how many were there."""

    city_code: str
    valid_from: date
    cities: int
    counties: int
    townships: int
    communities: int
    grids: int
    kept: int


@payload("zone.create")
@dataclass(frozen=True, slots=True)
class ZoneCreated(Payload):
    """A functional zone over other regions; `covers` their codes, `ranges` in PostgreSQL's form."""

    code: str
    name: str
    covers: tuple[str, ...]
    ranges: str
    valid_from: date


@payload("regions.change")
@dataclass(frozen=True, slots=True)
class RegionsChanged(Payload):
    """One change of a redraw: rename, move, merge, split, open or close; codes before it and after, from that day on.

    `name` and `parent` as the plan gave them; `heir` the code that takes over what lay directly in a split region.
    """

    redraw_id: int
    change: str
    effective_on: date
    codes: tuple[str, ...]
    to_codes: tuple[str, ...] = ()
    name: str = ""
    parent: str = ""
    heir: str = ""


@payload("unit.succeed")
@dataclass(frozen=True, slots=True)
class UnitSucceeded(Payload):
    """A unit ended with its region, and another takes over its open work from that day; `opened`: it was set up for it."""

    unit_id: int
    successor_id: int
    effective_on: date
    opened: bool
    redraw_id: int


@payload("post.succeed")
@dataclass(frozen=True, slots=True)
class PostSucceeded(Payload):
    """A post ended with its unit or region, and its holder goes on in another; None: it was vacant and isn't needed."""

    post_id: int
    successor_id: int | None
    unit_id: int
    staff_id: int | None
    effective_on: date
    redraw_id: int


@payload("units.load")
@dataclass(frozen=True, slots=True)
class UnitsLoaded(Payload):
    """A city's units were set up: how many of each kind are new, how many were there."""

    city_code: str
    opened_on: date
    centres: int
    departments: int
    public_utilities: int
    townships: int
    communities: int
    kept: int


@payload("posts.load")
@dataclass(frozen=True, slots=True)
class PostsLoaded(Payload):
    """A city's posts were set up from the rule book."""

    city_code: str
    opened_on: date
    posts: int
    kept: int


@payload("posts.staff")
@dataclass(frozen=True, slots=True)
class PostsStaffed(Payload):
    """Vacant posts of a city were filled in one go."""

    city_code: str
    valid_from: date
    staff: int
    holdings: int


@payload("staff.add")
@dataclass(frozen=True, slots=True)
class StaffAdded(Payload):
    """A member of staff was entered. The name stands in the staff table, not here."""

    staff_id: int


@payload("post.hold")
@dataclass(frozen=True, slots=True)
class PostHeld(Payload):
    """A member of staff took a post; `until` is the first day on which it ends, where that is known."""

    post_id: int
    unit_id: int
    staff_id: int
    valid_from: date
    until: date | None


@payload("post.leave")
@dataclass(frozen=True, slots=True)
class PostLeft(Payload):
    """A member of staff left a post; `until` is the first day without."""

    post_id: int
    unit_id: int
    staff_id: int
    until: date


@payload("post.close")
@dataclass(frozen=True, slots=True)
class PostClosed(Payload):
    """A post was abolished; `closed_on` is the first day without."""

    post_id: int
    unit_id: int
    closed_on: date


@payload("place.add")
@dataclass(frozen=True, slots=True)
class PlaceAdded(Payload):
    """A place was entered as it is from a day on; its name and words stand in its versions, not here."""

    place_id: int
    place_kind: str
    region_id: int
    region_code: str
    holds_from: date
    has_point: bool
    source: str = ""


@payload("place.change")
@dataclass(frozen=True, slots=True)
class PlaceChanged(Payload):
    """A place is another from a day on, by its next version."""

    place_id: int
    place_version: int
    place_kind: str
    region_id: int
    region_code: str
    holds_from: date


@payload("place.close")
@dataclass(frozen=True, slots=True)
class PlaceClosed(Payload):
    """A place was closed from a day on, with so many open matters."""

    place_id: int
    place_version: int
    holds_from: date
    open_matters: int


@payload("unit.add")
@dataclass(frozen=True, slots=True)
class UnitAdded(Payload):
    """A unit was set up from a day on."""

    unit_id: int
    unit_code: str
    kind: str
    region_id: int
    parent_id: int | None
    opened_on: date


@payload("unit.change")
@dataclass(frozen=True, slots=True)
class UnitChanged(Payload):
    """A unit was renamed, moved below another one, or given a capacity, from a day on; the values after it.

    `revision` is the unit's new version; what was so before stands in its past under the one before.
    """

    unit_id: int
    revision: int
    changed: tuple[str, ...]
    name: str
    short_name: str
    parent_id: int | None
    capacity: int | None
    valid_from: date


@payload("unit.close")
@dataclass(frozen=True, slots=True)
class UnitClosed(Payload):
    """A unit was closed; `closed_on` is the first day without; `successor_id` took over its open work, if it had any."""

    unit_id: int
    revision: int
    successor_id: int | None
    closed_on: date


@payload("post.add")
@dataclass(frozen=True, slots=True)
class PostAdded(Payload):
    """A post was set up, vacant."""

    post_id: int
    unit_id: int
    role: str
    region_id: int
    seat: int
    sees: str
    opened_on: date


@payload("post.change")
@dataclass(frozen=True, slots=True)
class PostChanged(Payload):
    """A post got another title, role or range; the values after it. `ranges` empty: those of its region."""

    post_id: int
    unit_id: int
    revision: int
    changed: tuple[str, ...]
    title: str
    role: str
    sees: str
    ranges: str
    valid_from: date


@payload("admission.add")
@dataclass(frozen=True, slots=True)
class AdmissionAdded(Payload):
    """Something may be asked of communities or grids from a day on, on a ground, up to a day where that is known."""

    admission_id: int
    item: str
    level: str
    ground: str
    valid_from: date
    until: date | None


@payload("admission.end")
@dataclass(frozen=True, slots=True)
class AdmissionEnded(Payload):
    """Something may no longer be asked; `until` is the first day without."""

    admission_id: int
    until: date


@payload("shapes.load")
@dataclass(frozen=True, slots=True)
class ShapesLoaded(Payload):
    """Outlines of regions were taken over from a day; which file by its SHA-256, how many warnings were confirmed."""

    load_id: int
    digest: str
    datum: str
    effective_on: date
    shapes: int
    warnings: int
