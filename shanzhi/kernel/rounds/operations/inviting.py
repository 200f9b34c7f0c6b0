"""An organiser opens a round: which guideline, for which months, by which days, which cities; a trial first."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import is_read, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.catalogue import queries as rule_book
from shanzhi.kernel.indicators.policy.loading import CatalogueUnsound, sound_catalogue
from shanzhi.kernel.indicators.queries import book
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.rounds.models import Round
from shanzhi.kernel.rounds.operations._common import missing, words_of
from shanzhi.kernel.rounds.operations._upper import queue_for
from shanzhi.kernel.rounds.operations.opening import round_open
from shanzhi.kernel.rounds.policy.results import check_rule
from shanzhi.kernel.rounds.policy.text import GUIDELINE, GUIDELINE_MOST, Calendar, Guideline, Place, RoundText
from shanzhi.kernel.rounds.policy.words import RoundKind, RoundUnreadable

UNTRIED_FORM = "shanzhi-untried-1"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A round as an organiser typed it: `guideline` is a file's bytes (None: the catalogue in force here), months are `yyyymm`,
    `days` in the calendar's order, None where one couldn't be read; `cities` are codes."""

    uid: UUID
    name: str
    kind: str
    reason: str
    guideline: bytes | None
    first: int
    last: int
    days: tuple[date | None, ...]
    pass_at: str
    cities: tuple[str, ...]


def cities_here(on: date) -> list[Place]:
    """The cities that this installation has, by their codes."""
    tops = organisation.top_regions(on)
    rows = [row for top in tops for row in (organisation.children(top.code, on) if top.level is Level.PROVINCE else [])]
    return [Place(row.code, row.name) for row in sorted(rows, key=lambda row: row.code) if row.level is Level.CITY]


@transaction.atomic
def round_invite(*, wish: Invitation, actor: Actor, now: datetime) -> int:
    """Open a round; returns its id. The same uid again is the round that is there. A real round needs a trial round of the same
    guideline before it, or a reason, which travels with it.

    Raises:
        SignInNeeded, NotAllowed, AnotherCitys: see `round_open`.
        RoundUnreadable: what can't be; `fields` says where.
    """
    queue_for("invite", wish.uid)
    there = Round.objects.filter(uid=wish.uid).first()
    if there is not None:
        return there.pk
    if wish.kind not in set(RoundKind):
        raise RoundUnreadable(msg("请选试评或者正式验收。"), fields={"kind": msg("请选一种。")})
    on = local_date(now)
    guideline = _guideline(wish.guideline)
    named = {city.code: city for city in cities_here(on)}
    unknown = [code for code in wish.cities if code not in named]
    if unknown:
        raise RoundUnreadable(msg("这里没有代码为“%(code)s”的城市。请从列表里选。"), code=unknown[0][:20])
    top = next(iter(organisation.top_regions(on)), None)
    if top is None:
        raise missing()
    announced = [check_rule(wish.pass_at).announced()]
    if wish.kind == RoundKind.REAL and not _is_tried(guideline):
        if not is_read(wish.reason):
            raise RoundUnreadable(
                msg("这份指南还没有试评过。请先试评；不试评就正式验收的，请写明理由。"),
                fields={"reason": msg("请写明不经试评的理由。")},
            )
        announced.append({"form": UNTRIED_FORM, "reason": words_of(wish.reason).text[:1000]})
    text = RoundText(
        wish.uid, wish.name, RoundKind(wish.kind), guideline, wish.first, wish.last, _calendar(wish.days),
        Place(top.code, top.name), tuple(named[code] for code in wish.cities), tuple(announced),
    )  # fmt: skip
    return round_open(text=text, actor=actor, now=now)


def _calendar(days: tuple[date | None, ...]) -> Calendar:
    names = ("opened_on", "self_until", "province_until", "centre_until", "objections_until")
    lacking = {name: msg("请填日期。") for name, day in zip(names, days, strict=True) if day is None}
    if lacking:
        raise RoundUnreadable(msg("日程没有填完。"), fields=lacking)
    return Calendar(*(day for day in days if day is not None))


def _guideline(given: bytes | None) -> Guideline:
    """The guideline of a file, checked; the catalogue in force without one.

    Raises:
        RoundUnreadable: too large, no text, or not sound; its first faults are named.
    """
    if given is None:
        found = book.catalogue_in_force()
        return Guideline(found.code, found.version, book.text_of(rule_book.source_of(book.SECTION)))
    if len(given) > GUIDELINE_MOST:
        raise RoundUnreadable(msg("指南文件太大，最多 5 MB。"), fields={"guideline": msg("请换一个文件。")})
    try:
        text = given.decode("utf-8")
        read = sound_catalogue(text, GUIDELINE)
    except UnicodeDecodeError as error:
        raise RoundUnreadable(
            msg("指南文件不是 UTF-8 文本。"), fields={"guideline": msg("请另存为 UTF-8 的 .toml 文件。")}
        ) from error
    except CatalogueUnsound as error:
        raise RoundUnreadable(
            msg("指南文件有错：%(what)s"), what=str(error), fields={"guideline": str(error)}
        ) from error
    return Guideline(read.code, read.version, text)


def _is_tried(guideline: Guideline) -> bool:
    """Was there a trial round of the same guideline?"""
    return Round.objects.filter(is_ours=True, kind=RoundKind.TRIAL, guideline_sha256=guideline.sha256).exists()
