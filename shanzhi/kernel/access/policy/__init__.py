"""Who is acting, and what they may do: pure values."""

from dataclasses import dataclass, field
from typing import Literal

from shanzhi.core.errors import DomainError, InputError, NotAllowed
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy.signoff import (
    Run,
    SignoffField,
    SignoffKind,
    SignoffNews,
    SignoffState,
    offer_signoff,
    on_signoff,
    signoff_kind,
    signoff_kinds,
)

__all__ = [
    "ANYONE",
    "IMPORTER",
    "SYSTEM",
    "Actor",
    "NavEntry",
    "NoPost",
    "Role",
    "Run",
    "SignInNeeded",
    "SignoffField",
    "SignoffKind",
    "SignoffNews",
    "SignoffState",
    "UnknownRole",
    "check_may",
    "navigation_for",
    "offer_page",
    "offer_signoff",
    "on_signoff",
    "page_name",
    "signoff_kind",
    "signoff_kinds",
]

ActorKind = Literal["post", "reporter", "system", "importer"]


class SignInNeeded(DomainError):
    """Nobody is signed in, or the token isn't valid (any more)."""

    status = 401
    code = "sign-in-needed"


class SecondFactorNeeded(NotAllowed):
    """Signed in by a password alone, for a post that sees personal data."""

    code = "second-factor-needed"


class NoPost(NotAllowed):
    """Signed in, but without a post today."""

    code = "no-post"


class UnknownRole(InputError):
    """The rule book names no such role."""

    code = "unknown-role"


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the rule book: its start page (a URL name), the features that it may open, and whether it sees personal
    data: then its holder signs in with a second factor and is signed out when idle."""

    code: str
    name: str
    start: str
    may: frozenset[str]
    personal_data: bool = True


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is acting in this request or job: a post held by somebody, a reporter, the system, or an import.

    `ranges` is what it sees by place, `intake` where it sees what is not yet decided, `unit_id` whose matters it takes
    part in, `follow` the hashes of follow codes that a reporter has shown. All empty: it sees nothing. `place` is what
    the post stands for whatever it sees: whose sign-offs, sessions and tokens it may look after. `by_token`: a program
    acts for the post. `takes_part`: sees what its unit takes part in; a post that sees by office doesn't, though its unit
    dispatches the city's matters.
    """

    kind: ActorKind = "reporter"
    post_id: int | None = None
    unit_id: int | None = None
    staff_id: int | None = None
    role: str = ""
    region_code: str = ""
    unit_name: str = ""
    post_title: str = ""
    staff_name: str = ""
    ranges: CodeRanges = field(default=CodeRanges())
    intake: CodeRanges = field(default=CodeRanges())
    follow: tuple[str, ...] = ()
    place: CodeRanges = field(default=CodeRanges())
    by_token: bool = field(default=False, compare=False)
    takes_part: bool = True

    @property
    def roles(self) -> frozenset[str]:
        """The role codes it acts under."""
        if self.kind == "post":
            return frozenset({self.role})
        return frozenset({self.kind})

    @property
    def is_post(self) -> bool:
        """Is it a staff member in a post?"""
        return self.kind == "post"


ANYONE = Actor()
"""A visitor who has shown nothing."""
SYSTEM = Actor(kind="system")
IMPORTER = Actor(kind="importer")


def check_may(actor: Actor, role: Role | None, feature: str) -> None:
    """Raises SignInNeeded or NotAllowed where the acting post may not open `feature`."""
    if not actor.is_post:
        raise SignInNeeded(msg("请先登录。"))
    if role is None or feature not in role.may:
        raise NotAllowed(msg("您现在的岗位不能打开这一页。请换一个岗位，或联系管理员。"))


def check_second_factor(role: Role | None, *, has_second: bool, is_required: bool) -> None:
    """Raises SecondFactorNeeded where a post that sees personal data was reached by a password alone; a role that the
    rule book doesn't know is taken for one that does."""
    sees = role is None or role.personal_data
    if sees and is_required and not has_second:
        raise SecondFactorNeeded(msg("这个岗位要办理两步验证。请先在网页上登录，按提示设置。"))


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A page in the navigation: shown to roles that may open `feature`; without a feature to everybody, or with
    `public_only` to visitors only. `order` sorts. `also`: pages beside it that belong to it. `unless`: roles with this
    feature have a page of their own instead."""

    url_name: str
    label: str
    order: int
    feature: str = ""
    public_only: bool = False
    also: tuple[str, ...] = ()
    unless: str = ""


_navigation: dict[str, NavEntry] = {}


def offer_page(entry: NavEntry) -> None:
    """A slice offers a page for the navigation; a second offer under the same name replaces the first."""
    _navigation[entry.url_name] = entry


def page_name(url_name: str) -> str:
    """What a page of the navigation is called (a message id); the name itself for one that nobody offers."""
    entry = _navigation.get(url_name)
    return entry.label if entry else url_name


def navigation_for(actor: Actor, role: Role | None) -> list[NavEntry]:
    """The entries that an actor gets to see, in order."""
    shown = []
    for entry in sorted(_navigation.values(), key=lambda entry: (entry.order, entry.url_name)):
        if entry.feature and (role is None or entry.feature not in role.may):
            continue
        if entry.unless and role is not None and entry.unless in role.may:
            continue
        if entry.public_only and actor.is_post:
            continue
        shown.append(entry)
    return shown
