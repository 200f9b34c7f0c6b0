"""A drive of the standing city at a moment of the test's own: several places apply, the first has its title."""

from datetime import datetime, timedelta
from uuid import uuid4

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.places import PlaceSaid
from shanzhi.modules.drives import operations
from shanzhi.modules.drives.operations import NewDrive, Said, Seen
from shanzhi.modules.drives.queries import sample_text
from tests.city import OPENED, Cast

COMMUNITY = "370303009006"
SAMPLE = "safe_neighbourhood"
LOOKED_AT = ("fire_lane", "charging", "mediation", "council")
SAID = (*LOOKED_AT, "on_time", "solved")
"""Items of the sample that people answer where the place has no matter."""


def drive_begun(cast: Cast, count: int, now: datetime) -> tuple[int, int, int]:
    """A drive with `count` applications; returns its number, that of the first application, which has its title, and that of the
    last, which was visited."""
    keeper, boss = cast.keeper, cast.supervisor
    author = Author("post", keeper.post_id, keeper.unit_id)
    with acting(keeper):
        entry = organisation.admission_add(
            item="平安小区创建",
            level=Level.COMMUNITY,
            ground="市委平安办〔2025〕3号",
            on=OPENED,
            now=now,
            author=author,
        )
        places = [
            organisation.place_add(
                said=PlaceSaid(f"第{number}花园小区", "compound", COMMUNITY),
                on=OPENED,
                now=now,
                author=author,
                even_so=True,
            )
            for number in range(count)
        ]
    new = NewDrive(
        "平安小区创建", sample_text(SAMPLE).encode(), f"{SAMPLE}.toml", entry, local_date(now) + timedelta(days=30), 24,
        boss.post_id or 0,
    )  # fmt: skip
    with acting(boss):
        drive = operations.drive_open(new=new, actor=boss, now=now)
    applications = [applied(cast, drive, place, now) for place in places]
    for pk in (applications[0], applications[-1]):
        visited(cast, pk, now)
    with acting(boss):
        operations.application_decide(application_id=applications[0], grant=True, actor=boss, now=now)
    return drive, applications[0], applications[-1]


def applied(cast: Cast, drive: int, place: int, now: datetime) -> int:
    """The community applies for a place, with yes to all that nobody's records answer."""
    who = cast.community_handler
    with acting(who):
        pk = operations.application_begin(drive_id=drive, place_id=place, actor=who, now=now)
        said = {code: Said(True, "现场能看到") for code in SAID}
        operations.application_answer(application_id=pk, said=said, actor=who, now=now)
        operations.application_send(application_id=pk, actor=who, now=now)
    return pk


def visited(cast: Cast, pk: int, now: datetime) -> None:
    """The city's checker finds everything."""
    who = cast.checker
    with acting(who):
        for item in LOOKED_AT:
            seen = Seen(uuid4(), item, True, "看过，与申报一致")
            operations.look_keep(application_id=pk, seen=seen, actor=who, now=now)
