"""What the operations of this slice have in common: words, keys of submissions, regions, the level above."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

import orjson
from django.db import connection

from shanzhi.core.errors import Conflict
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.indicators.models import Submission
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.places import NoSuchPlace
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level, UnitKind
from shanzhi.kernel.organisation.queries import RegionRow, UnitRow
from shanzhi.kernel.vault.policy.envelope import commit
from shanzhi.kernel.vault.policy.masking import mask

SALT_BYTES = 16
FIGURE_TOPIC, PERMIT_TOPIC, EXCLUSION_TOPIC = "indicators.figure", "indicators.permit", "indicators.exclusion"


class KeyReused(Conflict):
    """The key of a submission that was used for something else."""

    code = "key-reused"


@dataclass(frozen=True, slots=True)
class Words:
    """Words as they are stored: masked; `sealed` commits to what was written (hexadecimal)."""

    text: str
    salt: bytes
    sealed: str


def words_of(written: str) -> Words:
    """Mask words and commit to them."""
    plain, salt = clean_text(written), secrets.token_bytes(SALT_BYTES)
    return Words(mask(plain).text, salt, commit(plain, salt).hex()) if plain else Words("", salt, "")


def author_of(actor: Actor) -> Author:
    """The journal's author."""
    return Author("post", actor.post_id, actor.unit_id) if actor.kind == "post" else Author(actor.kind)


def queue_for(*what: object) -> None:
    """Let everybody else who would change the same thing wait until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"figures {what}"])


def once(key: UUID | None, content: tuple[object, ...], actor: Actor, now: datetime, do: Callable[[], int]) -> int:
    """Do something for a submission's key, or answer with what came of it when it was done before.

    Raises:
        KeyReused: the key stands for another content.
    """
    if key is None or actor.post_id is None:
        return do()
    queue_for("submission", actor.post_id, key)
    found = sha256(orjson.dumps([str(one) for one in content])).digest()
    earlier = Submission.objects.filter(post_id=actor.post_id, key=key).first()
    if earlier is None:
        made = do()
        Submission.objects.create(post_id=actor.post_id, key=key, fingerprint=found, made=made, sent_at=now)
        return made
    if bytes(earlier.fingerprint) != found:
        raise KeyReused(msg("这个提交编号已经用于别的内容。请换一个新的编号再提交。"))
    return earlier.made


def region_in(region_id: int, period: Period) -> RegionRow:
    """A region as it was at the end of a period.

    Raises:
        NoSuchPlace: it wasn't.
    """
    found = organisation.region_by_id(region_id, period.ends_on)
    if found is None:
        raise NoSuchPlace(msg("%(period)s 没有这个区域。请核对区域和期间。"), period=str(period))
    return found


def under_of(region: RegionRow, on: date) -> str:
    """The code of the region above; its own for the topmost."""
    above = organisation.region_by_id(region.parent_id, on) if region.parent_id is not None else None
    return above.code if above is not None else region.code


def unit_of(actor: Actor, on: date) -> UnitRow | None:
    """The acting post's unit."""
    return organisation.unit_by_id(actor.unit_id or 0, on)


def decides_for(unit: UnitRow, scope_code: str, on: date) -> UnitRow | None:
    """The unit one level up: the governance centre of the next level; for a city's departments the city's own centre.

    None above the city's centre: the province isn't here.
    """
    above = organisation.unit_above(scope_code, unit.level, on)
    if above is None and unit.kind is not UnitKind.CENTRE:
        above = organisation.centre_for(scope_code, Level.CITY, on)
    return above if above is not None and above.id != unit.id else None
