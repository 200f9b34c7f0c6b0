"""Who may change which unit and post, and when a unit counts as overloaded. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from shanzhi.core.errors import Conflict, InputError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor

FEATURE = "keep"
"""The feature of roles.toml that every page of the keeper needs."""
KINDS_OF_SIGNOFF = ("post.appoint", "post.change")
"""What takes two people. The database's policies (access 0008) name them too: nothing else lets anybody into a post."""
PEERS_LEAST = 5
"""How many units of a kind it takes to measure one by the others."""
HELD_LEAST = 10
TIMES_OVER = 2.0


class NotHere(NotFound):
    """It isn't there, or not in the keeper's place."""

    code = "office-unknown"


class OwnPost(Conflict):
    """A keeper's own post is somebody else's to change."""

    code = "own-post"


class LastOne(Conflict):
    """Nobody would be left who can do it."""

    code = "last-one"


class TooMany(InputError):
    """Words that mean several units."""

    code = "office-which"


def check_place(actor: Actor, region_code: str) -> None:
    """Raises NotHere where a region isn't in the acting post's place."""
    if not region_code or not actor.place.contains(region_code):
        raise NotHere(msg("没有找到，或者不在您管的范围里。请核对后再选。"))


def check_not_mine(actor: Actor, *, post_ids: Iterable[int] = (), staff_id: int | None = None) -> None:
    """Raises OwnPost where a keeper changes the own post, or appoints themselves (等保 2.0, GB/T 22239-2019, 8.1.5)."""
    if actor.post_id in set(post_ids):
        raise OwnPost(msg("这是您自己的岗位，不能由您自己变更或撤销。请由另一位系统管理员办理。"))
    if staff_id is not None and staff_id == actor.staff_id:
        raise OwnPost(msg("不能给自己安排岗位。请由另一位系统管理员办理。"))


@dataclass(frozen=True, slots=True)
class Load:
    """How a unit's open work stands to what it can carry. `most`: the number above which it counts as overloaded; None:
    too few units of its kind to tell. `by_capacity`: somebody has set it; else it is twice the median of its kind."""

    held: int
    most: int | None
    by_capacity: bool

    @property
    def is_over(self) -> bool:
        """Is there more than it can carry?"""
        return self.most is not None and self.held > self.most


def median_per_seat(peers: Sequence[tuple[int, int]]) -> float | None:
    """The median of open matters for each seat over units of one kind, each (matters, seats); None under five units."""
    shares = [held / seats for held, seats in peers if seats]
    return float(median(shares)) if len(shares) >= PEERS_LEAST else None


def load_of(held: int, seats: int, capacity: int | None, usual: float | None) -> Load:
    """A unit's load: by its capacity where one is set, else by twice what is usual per seat in its kind, ten at least."""
    if capacity is not None:
        return Load(held, capacity, True)
    if usual is None or not seats:
        return Load(held, None, False)
    return Load(held, max(HELD_LEAST, int(TIMES_OVER * usual * seats)), False)
