"""双人复核: what one person asks for and another has to agree to before it is done. Pure rules.

Two people for what one must not do alone: bulk export, key rotation, an override of the retention (等保 2.0, GB/T
22239-2019, 8.1.4.3 and 8.1.5: separation of the administrators' duties). A slice offers a kind (`offer_signoff`) with
its fields and what is to be done; asking, deciding, expiry and the record of it are the same for all kinds.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from shanzhi.core.errors import Conflict, DomainError, InputError, NotAllowed, NotFound
from shanzhi.core.text import clean_text, msg

DECIDES = "signoff"
"""The feature of roles.toml that a decision needs."""
AUDITS = "audit"
"""The feature of roles.toml that lets somebody read the whole record, and decide nothing."""
OPEN_FOR = timedelta(hours=72)
"""How long a request waits for its decision, and an approval for its use."""
WORDS_MOST = 500
_CODE = re.compile(r"[A-Za-z0-9_.,:-]{1,500}")
TRIES_MOST = 5
"""How often a run that broke down is begun again before it counts as failed."""

FieldKind = Literal["text", "date", "choice", "code"]


class SignoffState(StrEnum):
    """Where a request stands. Odd ones: `running` outlives a worker that died, and is taken up again; `expired` is both
    a request that nobody decided and an approval that nobody used."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """What people call it: a message id."""
        return _LABELS[self]


_LABELS = {
    SignoffState.ASKED: msg("待复核"),
    SignoffState.APPROVED: msg("已同意"),
    SignoffState.REFUSED: msg("未同意"),
    SignoffState.WITHDRAWN: msg("已撤回"),
    SignoffState.EXPIRED: msg("已过期"),
    SignoffState.RUNNING: msg("执行中"),
    SignoffState.DONE: msg("已完成"),
    SignoffState.FAILED: msg("未完成"),
}

# From → to. The database holds the same table in a trigger.
MOVES: Mapping[SignoffState, frozenset[SignoffState]] = {
    SignoffState.ASKED: frozenset(
        {SignoffState.APPROVED, SignoffState.REFUSED, SignoffState.WITHDRAWN, SignoffState.EXPIRED}
    ),
    SignoffState.APPROVED: frozenset({SignoffState.RUNNING, SignoffState.DONE, SignoffState.EXPIRED}),
    SignoffState.RUNNING: frozenset({SignoffState.DONE, SignoffState.FAILED}),
}


class SignoffNotFound(NotFound):
    """No such request, or not for this person."""

    code = "signoff-not-found"


class SignoffClosed(Conflict):
    """It was decided, taken back or ran out in the meantime."""

    code = "signoff-closed"


class SamePerson(NotAllowed):
    """Who asked may not decide."""

    code = "signoff-same-person"


class NeedsPerson(NotAllowed):
    """A program asked or decided: both are done by people at a screen."""

    code = "signoff-needs-person"


class SignoffMissing(DomainError):
    """What a command needs wasn't asked for, wasn't agreed to, ran out, or was used already."""

    status = 403
    code = "signoff-missing"


@dataclass(frozen=True, slots=True)
class SignoffField:
    """One thing that a request says; `choices` are (code, message id) where it is a choice.

    A `code` is a code or several, with commas, and never words: like dates and choices it stands in the journal as it
    is, where texts are sealed. `say` puts it into words for the page.
    """

    code: str
    label: str
    kind: FieldKind = "text"
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    say: Callable[[str], str] | None = None


Run = Callable[[Mapping[str, str], datetime], str]


@dataclass(frozen=True, slots=True)
class SignoffKind:
    """Something that takes two people.

    `asks` is the feature that asking needs. `run` does it, after the approval, in the worker, once, in one transaction:
    it gets the fields and, beginning with "@", who asked (`@signoff`, `@post`, `@unit`, `@staff`), and returns the
    sentence that says what came of it; a DomainError that it raises is the sentence of a failure. It has to be short:
    long work starts a job of its own there. Without a `run` a command uses the approval (`operations.signoff_use`).
    `page` is the name of the address where it is asked for; empty: the general form.
    """

    code: str
    name: str
    asks: str
    fields: tuple[SignoffField, ...]
    run: Run | None = None
    page: str = ""
    explain: str = ""


_kinds: dict[str, SignoffKind] = {}


def offer_signoff(kind: SignoffKind) -> None:
    """A slice offers a kind; a second offer under the same code replaces the first. Called in `AppConfig.ready`."""
    _kinds[kind.code] = kind


def signoff_kinds() -> Mapping[str, SignoffKind]:
    """Every kind by its code."""
    return _kinds


def signoff_kind(code: str) -> SignoffKind:
    """One kind.

    Raises:
        SignoffNotFound: no slice offers it.
    """
    found = _kinds.get(code)
    if found is None:
        raise SignoffNotFound(msg("没有“%(kind)s”这种复核事项。请从列表里选择。"), kind=code)
    return found


def check_fields(kind: SignoffKind, given: Mapping[str, str]) -> dict[str, str]:
    """The fields as they are kept: cleaned, none that the kind doesn't know.

    Raises:
        InputError: something is missing, too long, no date, or not among the choices; says where.
    """
    cleaned: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for field in kind.fields:
        value = clean_text(given.get(field.code, ""))
        sentence = _fault(field, value)
        if sentence:
            wrong[field.code] = sentence
        elif value:
            cleaned[field.code] = value
    if wrong:
        raise InputError(msg("申请还没有提交，请按提示补全。"), fields=wrong)
    return cleaned


def _fault(field: SignoffField, value: str) -> str:
    if not value:
        return msg("请填写这一项。") if field.required else ""
    if field.kind == "text" and len(value) > WORDS_MOST:
        return msg("请不超过 500 字。")
    if field.kind == "code" and not _CODE.fullmatch(value):
        return msg("这里只能写代码。")
    if field.kind == "choice" and value not in dict(field.choices):
        return msg("请从列表里选择。")
    if field.kind == "date":
        try:
            date.fromisoformat(value)
        except ValueError:
            return msg("请写成 2025-11-18 这样的日期。")
    return ""


def check_decider(*, asked_by_staff: int, asked_by_post: int, staff_id: int | None, post_id: int | None) -> None:
    """Raises SamePerson where the same person, or the same post under another holder, would decide about its own request."""
    if staff_id is None or staff_id == asked_by_staff or post_id is None or post_id == asked_by_post:
        raise SamePerson(msg("申请和复核不能是同一个人，也不能是同一个岗位。请由另一位安全管理员复核。"))


@dataclass(frozen=True, slots=True)
class SignoffNews:
    """Something happened with a request: it was asked for, decided, or done; for who tells people of it."""

    signoff_id: int
    kind: str
    step: int
    state: SignoffState
    asked_by_post: int
    scope_code: str


Listener = Callable[[SignoffNews, datetime], None]
_listeners: list[Listener] = []


def on_signoff(listener: Listener) -> None:
    """Let `listener` be called inside the transaction of each step."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell_of_signoff(news: SignoffNews, now: datetime) -> None:
    """Call everybody who listens."""
    for listener in _listeners:
        listener(news, now)
