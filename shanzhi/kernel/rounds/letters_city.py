"""What letters tell a city: its round, then slips. Read by the worker, in the letter's own transaction: whole or not at all."""

from datetime import datetime
from uuid import UUID

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import SYSTEM
from shanzhi.kernel.facts.policy.parquet import city_code
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.packs.policy.letter import Letter
from shanzhi.kernel.packs.policy.letter_box import on_letter, spellings
from shanzhi.kernel.packs.queries.letters import letter_open
from shanzhi.kernel.rounds.models import Round
from shanzhi.kernel.rounds.operations import round_take_over, slip_read
from shanzhi.kernel.rounds.operations._common import missing
from shanzhi.kernel.rounds.policy.slips import SLIP_MEMBER, read_slip
from shanzhi.kernel.rounds.policy.text import GUIDELINE, MEMBER, read_round
from shanzhi.kernel.rounds.policy.words import AnotherCitys, RoundUnreadable


def offer() -> None:
    """Read letters of the kinds that come down."""
    on_letter("round", take_round)
    on_letter("slip", take_slip)


def take_round(letter_id: int, now: datetime) -> None:
    """Take over the round that a letter brings; the same round again changes nothing.

    Raises:
        RoundUnreadable: what is wrong with it.
        AnotherCitys: it is for another city, none of its cities is this one, or it isn't its organiser who sent it.
    """
    letter = letter_open(letter_id)
    _check_receiver(letter, now)
    text = read_round(_member(letter, MEMBER), _member(letter, GUIDELINE))
    _check_about(letter, text.uid)
    _check_sender(letter, text.organiser.code)
    round_take_over(text=text, letter=_uid(letter), actor=SYSTEM, now=now)


def take_slip(letter_id: int, now: datetime) -> None:
    """Take over what the organiser says of this city: where it stands, scores, returns, findings, decisions.

    Raises:
        NoSuchRound, AnotherCitys: another round's or city's, or it isn't its organiser who sent it.
        RoundUnreadable, StateMovedOn, BadScore: as `slip_read`.
    """
    letter = letter_open(letter_id)
    _check_receiver(letter, now)
    text = read_slip(_member(letter, SLIP_MEMBER))
    _check_about(letter, text.round)
    row = Round.objects.filter(uid=text.round, is_ours=False).first()
    if row is None:
        raise missing()
    _check_sender(letter, row.organiser_code)
    slip_read(text=text, letter=_uid(letter), actor=SYSTEM, now=now)


def _member(letter: Letter, name: str) -> bytes:
    if name not in {member.name for member in letter.members}:
        raise RoundUnreadable(msg("函件里没有 %(name)s，读不了。请对方重新发出。"), name=name)
    return letter.read(name)


def _uid(letter: Letter) -> UUID:
    try:
        return UUID(letter.header.uid)
    except ValueError as error:
        raise RoundUnreadable(
            msg("函件的编号 %(uid)s 不是本平台认得的编号。请对方重新发出。"), uid=letter.header.uid
        ) from error


def _check_about(letter: Letter, round_uid: UUID) -> None:
    """Is the letter about the round that it carries?"""
    if letter.header.round != str(round_uid):
        raise RoundUnreadable(msg("函件封面写的轮次和里面的不一致，没有读入。请对方重新发出。"))


def _check_receiver(letter: Letter, now: datetime) -> None:
    """A letter to another city isn't ours, even where its round invites this one too."""
    ours = {region.code for region in organisation.top_regions(local_date(now))}
    if not ours & set(spellings(letter.header.receiver)):
        raise AnotherCitys(
            msg("这份函件是发给 %(receiver)s 的，不是发给本市的，没有读入。请核对文件是不是拿错了。"),
            receiver=letter.header.receiver,
        )


def _check_sender(letter: Letter, organiser: str) -> None:
    """Nobody but the organiser speaks for a round, whoever else is known here."""
    if city_code(letter.header.sender) != city_code(organiser):
        raise AnotherCitys(
            msg("这份函件由 %(sender)s 发出，但这个轮次的组织方是 %(organiser)s。没有读入，请核对。"),
            sender=letter.header.sender,
            organiser=organiser,
        )
