"""What a post has open beside matters: any slice offers its own, and a supervisor sees it with the post's work. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shanzhi.kernel.access.policy import Actor


@dataclass(frozen=True, slots=True)
class PostRef:
    """A post that is asked about, with its role."""

    post_id: int
    role: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """So many things of one sort that a post has open: figures alone, never what they say.

    `name` and `becomes` (what happens to them when nobody holds the post; with `params`) are message ids. `until`: when
    the first of them ends by itself. `is_left`: nobody else sees to them, so a vacant post with them is shown as one
    with work left behind.
    """

    post_id: int
    kind: str
    name: str
    count: int
    becomes: str
    is_left: bool = True
    until: datetime | None = None
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnfinishedKind:
    """A sort of open things: `find` them for posts, under the actor's rights; `end` those of one vacant post (None: it
    can't be done), returning how many, under the button `end_name` (a message id)."""

    code: str
    find: Callable[[Collection[PostRef], Actor, datetime], Sequence[Unfinished]]
    end: Callable[[int, Actor, datetime], int] | None = None
    end_name: str = ""


_kinds: dict[str, UnfinishedKind] = {}


def offer_unfinished(kind: UnfinishedKind) -> None:
    """Offer a sort of open things; a second offer under the same code replaces the first."""
    _kinds[kind.code] = kind


def unfinished_kinds() -> Mapping[str, UnfinishedKind]:
    """All that were offered, by code."""
    return _kinds


def unfinished_of(posts: Collection[PostRef], actor: Actor, now: datetime) -> list[Unfinished]:
    """What these posts have open beside matters; a few queries a kind, none for no posts."""
    return [one for kind in _kinds.values() for one in kind.find(posts, actor, now)] if posts else []
