"""Changes of state behind the residents' doors: showing a follow code or a phone, and the public list."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.operations import set_scope
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.matters import operations as matter_operations
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport, normalise_number
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.intake.models import Guess, PublicMatter
from shanzhi.modules.intake.operations.counts import count_up, hashed
from shanzhi.modules.intake.operations.phone import CodeSent, PhoneShown, code_send, code_show, codes_forget
from shanzhi.modules.intake.policy import (
    GUESS_WINDOW,
    GuessLimit,
    NoSuchMatter,
    TooManyGuesses,
    guess_limits,
    window_of,
)

__all__ = [
    "CodeSent",
    "Followed",
    "PhoneShown",
    "code_send",
    "code_show",
    "codes_forget",
    "follow",
    "public_take_over",
    "report_on_page",
]

PROJECTION_LOCK = 370301
"""The advisory lock under which the public list is written."""


@transaction.atomic
def report_on_page(
    *, new: NewReport, actor: Actor, now: datetime, key: uuid.UUID | None, stored: Sequence[StoredFile]
) -> Reported:
    """Take in a report from a page: `matters.operations.report` behind a savepoint, so that what it refuses leaves the
    request's transaction fit for showing the form again. Raises what that raises."""
    return matter_operations.report(new=new, actor=actor, now=now, key=key, stored=stored)


@dataclass(frozen=True, slots=True)
class Followed:
    """A matter whose follow code was shown; `actor` is the reporter to whom this transaction now belongs."""

    matter_id: int
    number: str
    follow_hash: str
    actor: Actor


def follow(*, number: str, code: str, address: str, now: datetime) -> Followed:
    """Find the matter of a number and its follow code, as people type them; the transaction's scope is then that of
    its reporter. `address` is where the try comes from. 3 statements.

    Raises:
        NoSuchMatter: the two don't fit together, or are none; the try is counted, whatever becomes of the request.
        TooManyGuesses: too many wrong tries for this number or from this address; nothing was looked up.
    """
    limits = guess_limits(address, normalise_number(number))
    _check_guesses(limits, now)
    hashed = matters.hash_of_code(code)
    actor = Actor(follow=(hashed,)) if hashed else Actor()
    set_scope(actor)
    matter_id = matters.matter_id_of_number(number) if hashed else None
    if matter_id is None:
        count_up(limits, now)
        raise NoSuchMatter(msg("编号和查询码对不上，没有找到这件事项。请对照反映时给您的编号和查询码，再试一次。"))
    return Followed(matter_id, normalise_number(number), hashed, actor)


def _check_guesses(limits: Sequence[GuessLimit], now: datetime) -> None:
    most = {hashed(limit.subject): limit.most for limit in limits}
    window = window_of(now)
    counts = Guess.objects.filter(subject__in=most, window_at=window).values_list("subject", "failures")
    if any(failures >= most[subject] for subject, failures in counts):
        minutes = max(1, round((window + GUESS_WINDOW - now).total_seconds() / 60))
        raise TooManyGuesses(
            msg("试错的次数太多，先停一停。请 %(minutes)s 分钟后再试，并核对编号和查询码。"), minutes=minutes
        )


@transaction.atomic
def public_take_over(*, matter_ids: Sequence[int], now: datetime) -> int:
    """Bring the public list's lines of these matters up to date; those that no longer qualify go. Worker's role.

    Returns how many lines stand. One at a time: a later reader then always sees the later state.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PROJECTION_LOCK])
    sources = matters.public_sources(matter_ids)
    names = _place_names({source.township_code for source in sources}, now)
    PublicMatter.objects.bulk_create(
        [
            PublicMatter(
                matter_id=source.matter_id,
                category=source.category,
                township_code=source.township_code,
                township_name=names[source.township_code],
                stage_name=source.stage_name,
                is_ended=source.ended_on is not None,
                result=source.result,
                latitude=source.latitude,
                longitude=source.longitude,
                reported_on=source.reported_on,
                ended_on=source.ended_on,
            )
            for source in sources
        ],
        update_conflicts=True,
        unique_fields=["matter_id"],
        update_fields=[
            "category",
            "township_code",
            "township_name",
            "stage_name",
            "is_ended",
            "result",
            "latitude",
            "longitude",
            "reported_on",
            "ended_on",
        ],
    )
    gone = set(matter_ids) - {source.matter_id for source in sources}
    if gone:
        PublicMatter.objects.filter(pk__in=gone).delete()
    return len(sources)


def _place_names(codes: set[str], now: datetime) -> dict[str, str]:
    """Names from the county down; what no longer has the code is called by what lies above it."""
    on = local_date(now)
    found = {code: organisation.region_at_or_above(code, on) for code in codes}
    return {code: row.path if row else "" for code, row in found.items()}
