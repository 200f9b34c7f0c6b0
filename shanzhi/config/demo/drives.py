"""The demo city's creation drive, invented: places of the sign-ins' township at every stage of their way to a title."""

from datetime import datetime, timedelta
from uuid import uuid4

from shanzhi.config.demo.cast import Cast
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import PlaceRow
from shanzhi.modules.drives import operations, queries
from shanzhi.modules.drives.operations import NewDrive, Said, Seen
from shanzhi.modules.drives.policy.words import NotWhole

ADMITTED = "平安小区创建"
SAMPLE, KIND = "safe_neighbourhood", "compound"
STAGES = ("decided", "decided", "visited", "applied", "draft")
"""How far the places come, one each."""
OPEN_DAYS, MONTHS = 60, 36
COMMUNITY_DIGITS = 12
WORDS = "现场能看到，有记录可查"
SEEN = "看过，与申报一致"
REASON = "日常记录没有达到标准，整改后下一轮再申报。"


def make_drive(cast: Cast, *, now: datetime) -> int:
    """Open the drive, and let places apply; returns how many did. Nothing where the city has no such entry, post or place."""
    city, checker = cast.login("supervisor", now), cast.login("checker", now)
    entry = next((one.id for one in organisation.admitted(local_date(now), item=ADMITTED)), None)
    if city is None or checker is None or entry is None:
        return 0
    text = queries.sample_text(SAMPLE).encode()
    until_on = local_date(now) + timedelta(days=OPEN_DAYS)
    new = NewDrive(ADMITTED, text, f"{SAMPLE}.toml", entry, until_on, MONTHS, city.post_id or 0)
    with acting(city):
        drive = operations.drive_open(new=new, actor=city, now=now)
    places = [place for place in cast.places if place.kind == KIND]
    made = [
        _apply(cast, drive, place, stage, (checker, city), now) for place, stage in zip(places, STAGES, strict=False)
    ]
    return sum(made)


def _apply(cast: Cast, drive: int, place: PlaceRow, stage: str, others: tuple[Actor, Actor], now: datetime) -> bool:
    """Bring one place's application to a stage; whether somebody of its community could."""
    handlers = cast.posts(cast.unit(f"community-{place.region_code[:COMMUNITY_DIGITS]}"), "handler")
    if not handlers:
        return False
    who, (checker, city) = handlers[0], others
    with acting(who):
        pk = operations.application_begin(drive_id=drive, place_id=place.id, actor=who, now=now)
        if stage == "draft":
            return True
        items = queries.application_view(pk, local_date(now), proposes=False).items
        said = {one.item.code: Said(True, WORDS) for one in items if not one.is_record}
        operations.application_answer(application_id=pk, said=said, actor=who, now=now)
        operations.application_send(application_id=pk, actor=who, now=now)
    if stage == "applied":
        return True
    with acting(checker):
        for one in items:
            if one.item.visit:
                seen = Seen(uuid4(), one.item.code, True, SEEN)
                operations.look_keep(application_id=pk, seen=seen, actor=checker, now=now)
    if stage == "decided":
        _decide(pk, city, now)
    return True


def _decide(pk: int, city: Actor, now: datetime) -> None:
    """Grant what the records allow, refuse the rest with its reason."""
    with acting(city):
        try:
            operations.application_decide(application_id=pk, grant=True, actor=city, now=now)
        except NotWhole:
            operations.application_decide(application_id=pk, grant=False, reason=REASON, actor=city, now=now)
