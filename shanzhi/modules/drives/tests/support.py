"""A drive of the standing city as tests use it: admitted, opened, applied to for a compound."""

from datetime import date, datetime
from uuid import UUID, uuid4

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.places import PlaceSaid
from shanzhi.modules.drives import operations
from shanzhi.modules.drives.models import Application
from shanzhi.modules.drives.operations import NewDrive, Said, Seen
from shanzhi.modules.drives.queries import sample_text
from tests.city import NOW, OPENED, Cast, _actor

COMMUNITY = "370303009006"
WORDS = ("fire_lane", "charging", "mediation", "council")
"""The items of the sample of compounds that nobody's records answer; `solved` and `on_time` join them without any matter."""
UNTOLD = ("on_time", "solved")


def author(actor: Actor) -> Author:
    return Author("post", actor.post_id, actor.unit_id)


def place(cast: Cast, name: str = "世纪花园小区", kind: str = "compound", code: str = COMMUNITY) -> int:
    """A place of the standing city."""
    said = PlaceSaid(name, kind, code)
    with acting(cast.keeper):
        return organisation.place_add(said=said, on=OPENED, now=NOW, author=author(cast.keeper), even_so=True)


def admitted(cast: Cast, item: str = "平安小区创建", on: date = OPENED, until: date | None = None) -> int:
    """An entry of the admission list."""
    with acting(cast.keeper):
        return organisation.admission_add(
            item=item, level=Level.COMMUNITY, ground="市委平安办〔2025〕3号", on=on, until=until, now=NOW,
            author=author(cast.keeper),
        )  # fmt: skip


def wish(cast: Cast, admission: int, **given: object) -> NewDrive:
    """What the city's post would open."""
    usual: dict[str, object] = {
        "name": "2025年平安小区创建", "checklist": sample_text("safe_neighbourhood").encode(),
        "file_name": "safe_neighbourhood.toml", "admission_id": admission, "until_on": date(2025, 12, 31), "months": 24,
        "decider_post_id": cast.supervisor.post_id or 0,
    }  # fmt: skip
    return NewDrive(**(usual | given))  # type: ignore[arg-type]


def opened(cast: Cast, admission: int | None = None, **given: object) -> int:
    """A drive that is open."""
    entry = admitted(cast) if admission is None else admission
    with acting(cast.supervisor):
        return operations.drive_open(new=wish(cast, entry, **given), actor=cast.supervisor, now=NOW)


def begun(cast: Cast, drive: int, place_id: int, now: datetime = NOW) -> int:
    """An application of the community's."""
    with acting(cast.community_handler):
        return operations.application_begin(drive_id=drive, place_id=place_id, actor=cast.community_handler, now=now)


def answers(*more: str, met: bool = True) -> dict[str, Said]:
    """Yes to what nobody's records answer."""
    return {code: Said(met, "现场能看到") for code in (*WORDS, *UNTOLD, *more)}


def handed_in(cast: Cast, drive: int, place_id: int, now: datetime = NOW) -> int:
    """An application that waits for its visit."""
    pk = begun(cast, drive, place_id, now)
    with acting(cast.community_handler):
        operations.application_answer(application_id=pk, said=answers(), actor=cast.community_handler, now=now)
        operations.application_send(application_id=pk, actor=cast.community_handler, now=now)
    return pk


def look(
    cast: Cast,
    pk: int,
    item: str,
    found: bool = True,
    now: datetime = NOW,
    *,
    uid: UUID | None = None,
    is_finding: bool = False,
) -> str:
    """The city's checker finds something about an item, or not."""
    words = "看过，与申报一致" if found else "没有看到"
    seen = Seen(uid or uuid4(), item, found, words, is_finding=is_finding)
    with acting(cast.checker):
        return operations.look_keep(application_id=pk, seen=seen, actor=cast.checker, now=now)


def visited(cast: Cast, drive: int, place_id: int, now: datetime = NOW) -> int:
    """An application that waits for its decision."""
    pk = handed_in(cast, drive, place_id, now)
    for item in WORDS:
        look(cast, pk, item, now=now)
    return pk


def granted(cast: Cast, drive: int, place_id: int, now: datetime = NOW) -> int:
    """A title; its id."""
    pk = visited(cast, drive, place_id, now)
    with acting(cast.supervisor):
        title = operations.application_decide(application_id=pk, grant=True, actor=cast.supervisor, now=now)
    assert title is not None
    return title


def state_of(cast: Cast, pk: int) -> str:
    with acting(cast.supervisor):
        return str(Application.objects.get(pk=pk).state)


def other(unit: str, role: str) -> Actor:
    """Somebody else of the standing city."""
    return _actor(unit, role, 0)


def today() -> date:
    return local_date(NOW)
