"""Rounds begin: opened by whoever organises them, or taken over from the organiser's letter."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.indicators.policy.definitions import Catalogue
from shanzhi.kernel.indicators.policy.loading import CatalogueUnsound, sound_catalogue
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds.models import Round, RoundCity
from shanzhi.kernel.rounds.operations._common import author_of
from shanzhi.kernel.rounds.payloads import RoundOpened
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.text import GUIDELINE, Calendar, Place, RoundText, check_round
from shanzhi.kernel.rounds.policy.words import LEAD, ORGANISE, AnotherCitys, RoundUnreadable


@transaction.atomic
def round_open(*, text: RoundText, actor: Actor, now: datetime) -> int:
    """Open a round of one's own: a row for each invited city, state `invited`; returns the round's id. The same uid again:
    the round that is there.

    Raises:
        SignInNeeded, NotAllowed: not a post that organises.
        RoundUnreadable: what is wrong with it; the guideline isn't sound.
        AnotherCitys: a city outside the post's place.
    """
    check_may(actor, acting.roles().get(actor.role), ORGANISE)
    check_round(text)
    guideline_of(text)
    for city in text.cities:
        if not actor.place.contains(city.code):
            raise AnotherCitys(msg("“%(name)s”不在您现在的岗位的范围内，不能邀请。"), name=city.name)
    return _keep(text, text.cities, actor, now, is_ours=True)


@transaction.atomic
def round_take_over(*, text: RoundText, letter: UUID | None, actor: Actor, now: datetime) -> int:
    """Take over the content of a round's letter in a city's installation: the city of this installation alone; returns the
    round's id. The same round again: the one that is there, nothing is changed.

    Raises:
        SignInNeeded, NotAllowed: a post that doesn't lead rounds (a program that carries letters isn't asked).
        RoundUnreadable: what is wrong with it; the guideline isn't sound.
        AnotherCitys: none of its cities is this installation's.
    """
    if actor.is_post:
        check_may(actor, acting.roles().get(actor.role), LEAD)
    check_round(text)
    guideline_of(text)
    ours = {region.code for region in organisation.top_regions(local_date(now))}
    cities = tuple(city for city in text.cities if city.code in ours)
    if not cities:
        raise AnotherCitys(
            msg("这个轮次邀请的是%(cities)s，没有本市。请核对文件是不是发错了。"),
            cities=tuple(city.name for city in text.cities[:5]),
        )
    return _keep(text, cities, actor, now, is_ours=False, letter=letter)


def guideline_of(text: RoundText) -> Catalogue:
    """The guideline as a catalogue.

    Raises:
        RoundUnreadable: it can't be used; the first faults are named.
    """
    try:
        found = sound_catalogue(text.guideline.text, GUIDELINE)
    except CatalogueUnsound as error:
        raise RoundUnreadable(msg("轮次的指南读不懂：%(what)s"), what=str(error)) from error
    if (found.code, found.version) != (text.guideline.code, text.guideline.version):
        raise RoundUnreadable(msg("轮次写的指南代码和版次，和指南文件里写的不一致。请对方重新发出。"))
    return found


def _check_same(there: Round, text: RoundText, *, is_ours: bool) -> None:
    """Is a round that is here what another letter of its id says? What was announced once isn't changed under way.

    Raises:
        RoundUnreadable: it isn't; says who organises the one that is here.
    """
    days = Calendar(there.opened_on, there.self_until, there.province_until, there.centre_until, there.objections_until)
    kept = (there.is_ours, there.organiser_code, there.guideline_sha256, there.first, there.last, there.kind, days)
    said = (
        is_ours, text.organiser.code, text.guideline.sha256, text.first, text.last, text.kind.value, text.calendar,
    )  # fmt: skip
    if kept != said or list(there.announced) != [dict(one) for one in text.announced]:
        raise RoundUnreadable(
            msg(
                "这里已经有编号相同的轮次“%(name)s”（%(organiser)s组织），这份和它不一样，没有读入。"
                "请向组织方核对；轮次要改的，请组织方另开一轮。"
            ),
            name=there.name,
            organiser=there.organiser_name,
        )


def _keep(
    text: RoundText,
    cities: tuple[Place, ...],
    actor: Actor,
    now: datetime,
    *,
    is_ours: bool,
    letter: UUID | None = None,
) -> int:
    there = Round.objects.filter(uid=text.uid).first()
    if there is not None:
        _check_same(there, text, is_ours=is_ours)
        return there.pk
    row = Round.objects.create(
        uid=text.uid, name=text.name, kind=text.kind.value, guideline_code=text.guideline.code,
        guideline_version=text.guideline.version, guideline_sha256=text.guideline.sha256,
        guideline_text=text.guideline.text, first=text.first, last=text.last, opened_on=text.calendar.opened_on,
        self_until=text.calendar.self_until, province_until=text.calendar.province_until,
        centre_until=text.calendar.centre_until, objections_until=text.calendar.objections_until,
        organiser_code=text.organiser.code, organiser_name=text.organiser.name,
        is_ours=is_ours, letter_uid=letter,
        announced=[dict(one) for one in text.announced], made_at=now,
    )  # fmt: skip
    for city in cities:
        made = RoundCity.objects.create(
            round=row, city_code=city.code, name=city.name, state=State.INVITED.value, since=now
        )
        payload = RoundOpened(
            str(text.uid), text.kind.value, text.guideline.code, text.guideline.version, text.guideline.sha256,
            text.first, text.last, text.calendar.days, text.organiser.code, city.code, str(letter) if letter else "",
        )  # fmt: skip
        subject = Subject("round_city", made.pk, made.steps, made.city_code)
        journal.record(payload=payload, subject=subject, author=author_of(actor), happened_at=now)
    return row.pk
