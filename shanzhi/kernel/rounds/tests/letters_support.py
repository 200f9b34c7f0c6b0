"""Letters between a province and one of its cities: the city's key is known, packs come in, the background does its work."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

from shanzhi.config import database
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.policy.scoring import score
from shanzhi.kernel.indicators.policy.values import Numbers, value_of
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.packs import operations as packs
from shanzhi.kernel.packs.models import KeptLetter, Peer
from shanzhi.kernel.packs.tests import by_hand
from shanzhi.kernel.packs.tests.made import KEY
from shanzhi.kernel.rounds import letters_upper
from shanzhi.kernel.rounds.models import RoundCity
from shanzhi.kernel.rounds.policy.text import Guideline
from shanzhi.kernel.rounds.tests.upper_support import THEN, scores_json
from tests.upper import Upper

BY_HAND = Guideline("by_hand", 1, by_hand.GUIDELINE)
"""The guideline of packs that are made by hand."""
POINTS = {"satisfaction_rate": "60.00", "end_days_median": "80.00", "covenant_review": "0.00"}
"""Figures of a hundred that the city hands in; points follow from them by the guideline."""


def know_the_city(upper: Upper) -> None:
    """The platform of 3703 is entered with its key, as two people would."""
    with database.acting_as(upper.installation, "worker"):
        Peer.objects.create(code="3703", name="淄博市", keys=[KEY.public.text()], since=THEN, by_post=1, signoff_id=1)


def work(upper: Upper) -> None:
    """What the background does with events, and with packs that wait."""
    with database.acting_as(upper.installation, "worker"):
        _tell()
        letters_upper.packs_check(now=THEN)
        _tell()


def _tell() -> None:
    while notices.tell_next(now=THEN):
        pass


def took_in(upper: Upper, path: Path) -> KeptLetter:
    """A letter comes and the background does its work; the letter as it is kept then."""
    with database.acting_as(upper.installation, "worker"):
        taken = packs.letter_take_in(path=path, actor=None, now=THEN)
    work(upper)
    with database.acting_as(upper.installation, "worker"):
        return KeptLetter.objects.get(pk=taken.letter_id)


def uid_of(upper: Upper, city_id: int) -> UUID:
    """The id of a city's round."""
    with database.acting_as(upper.installation, "worker"):
        return RoundCity.objects.select_related("round").get(pk=city_id).round.uid


def by_rule(key: str, numerator: int, denominator: int) -> str:
    """The points of a figure by the guideline of packs that are made by hand."""
    (item,) = (one for one in sound_catalogue(BY_HAND.text, "guideline.toml").in_month(202510) if one.key == key)
    return f"{score(item, value_of(item, Numbers(numerator, denominator))).points:.2f}"


def pack(folder: Path, uid: UUID, points: Mapping[str, str] = POINTS, *, doctored: bool = False) -> Path:
    """The pack of 3703 about October 2025, with its self-scores. It says its city with six digits, as built ones do."""
    folder.mkdir()
    made = by_hand.made(matters=25, first=202510, last=202510, folder=folder)
    made.told = replace(made.told, round=str(uid), city="370300")
    if doctored:
        made.change("fact_rating", 0, "satisfied", 6)
    body = json.loads(scores_json(uid, "3703", points))
    for row in body["scores"]:
        row["project"] = "disputes"
        if Decimal(row["points"]) <= 100:
            row["points"] = by_rule(row["key"], row["numerator"], row["denominator"])
    made.members["scores.json"] = json.dumps(body).encode()
    return made.write(folder / "city.pack", uid=str(uuid4()), sender="370300")
