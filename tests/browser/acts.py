"""What a child of an installation does when it is asked (`tests.browser.platforms`): by the operations that pages use.

Imported once Django is set up. Each function of `ACTS` takes and gives what JSON can say.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.facts import operations as facts
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.indicators.policy.periods import Period, month_of
from shanzhi.kernel.indicators.tests.driven import project
from shanzhi.kernel.journal.operations import note_signer
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.packs.models import Peer
from shanzhi.kernel.packs.operations import letter_take_in
from shanzhi.kernel.packs.queries import letters
from shanzhi.kernel.rounds import operations
from shanzhi.kernel.rounds.models import Build, RoundCity, Score
from shanzhi.kernel.rounds.operations import deciding, marking
from shanzhi.kernel.rounds.policy.marking import Mark
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import Stage
from shanzhi.kernel.rounds.queries import board, upper_city
from tests.city import PASSWORD, _actor, load_another
from tests.concurrency.committed import City, seal_all
from tests.desks import do
from tests.upper import load_province

PROGRAM = "shanzhi test"
DAY, HOUR = 10, 10
"""When last month's matters are reported: a day and an hour of it, in the city."""


FOLLOWED = "楼道灯坏了半个月，晚上看不见台阶"
BODIES = (FOLLOWED, "小区门口堆着建筑垃圾，绕着走", "电梯停了两天，老人下不了楼", "地下车库漏水，积了一片")


@dataclass(frozen=True, slots=True)
class Small:
    """A city: its county's code, the communities that matters come from, and its regions as FILES (None: loaded already)."""

    county: str
    communities: tuple[str, ...]
    files: Mapping[str, str] | None = None


def _small(code: str, name: str, county: str, town: str, community: str) -> Small:
    """A city with one county (code and name), one township and one community."""
    at, called = county[:6], county[6:]
    return Small(at, (f"{at}001001",), {
        "provinces": "code,name\n37,山东省\n",
        "cities": f'code,name,provinceCode\n{code},"{name}",37\n',
        "areas": f'code,name,cityCode,provinceCode\n{at},"{called}",{code},37\n',
        "streets": f'code,name,areaCode,provinceCode,cityCode\n{at}001,"{town}",{at},37,{code}\n',
        "villages": "code,name,streetCode,provinceCode,cityCode,areaCode\n"
        f'{at}001001,"{community}",{at}001,37,{code},{at}\n',
    })  # fmt: skip


CITIES = {
    "3703": Small("370303", ("370303009006", "370303008001", "370303105200")),
    "3706": _small("3706", "烟台市", "370602芝罘区", "向阳街道", "大海阳社区居委会"),
    "3710": _small("3710", "威海市", "371002环翠区", "鲸园街道", "古陌社区居委会"),
}


def _now() -> datetime:
    return timezone.now()


def _as_worker() -> Any:
    return database.acting_as(settings.INSTALLATION, "worker")


def _then() -> datetime:
    """The moment of last month's matters."""
    month = Period(month_of(local_date(_now()))).before().first
    return datetime.combine(
        local_date(_now()).replace(year=month // 100, month=month % 100, day=DAY), time(HOUR), CITY_ZONE
    )


def live(code: str, ratings: list[int]) -> str:
    """A city's last month: a matter for each rating, from report to the resident's verdict, and the month cut. Where the city
    isn't loaded, it is first. Returns the number of the first matter."""
    small, made = CITIES[code], City(settings.INSTALLATION, None)  # type: ignore[arg-type] - nobody of the standing cast
    if small.files is not None:
        load_another(settings.INSTALLATION, code, small.files)
    numbers = [_handled(code, small, place, rating) for place, rating in enumerate(ratings)]
    now, month = _now(), Period(month_of(local_date(_now()))).before().first
    with _as_worker():
        drain(now=_now)
    project(made, now)
    with _as_worker():
        assert facts.cut_month(month, now=now).is_new
    seal()
    return numbers[0]


def _handled(code: str, small: Small, place: int, rating: int) -> str:
    """A matter that the county's housing department handled, checked, and judged by its reporter."""
    dispatcher, checker = _actor(f"centre-{code}", "dispatcher", 0), _actor(f"centre-{code}", "checker", 0)
    handler = _actor(f"housing-construction-{small.county}", "handler", 0)
    moments = _moments(_then() + timedelta(hours=place))
    new = NewReport(body=BODIES[place % len(BODIES)], region_code=small.communities[place % len(small.communities)])
    with acting(ANYONE):
        one = matters.report(new=new, actor=ANYONE, now=next(moments))
    do(dispatcher, one, "accept", next(moments), category="housing.property-service")
    do(dispatcher, one, "dispatch", next(moments), lead=handler.unit_id)
    do(handler, one, "take", next(moments))
    do(handler, one, "reply", next(moments), reply="已到现场处理完毕。")
    do(checker, one, "check_pass", next(moments))
    do(Actor(follow=(one.follow_hash,)), one, "rate", next(moments), solved=rating > 2, satisfied=rating)
    return one.number


def _moments(first: datetime) -> Iterator[datetime]:
    """Times of a matter's steps, 20 minutes apart."""
    while True:
        yield first
        first += timedelta(minutes=20)


def seal() -> int:
    """Seal everything that was journaled, and sign a head over it."""
    return seal_all(settings.INSTALLATION, _now())


def key() -> str:
    """The installation's public key, as it stands on its page of seals."""
    with _as_worker():
        return note_signer(now=_now()).keys[0]


def know(code: str, name: str, public: str, signoff: int) -> None:
    """Enter a platform with its key, as two people would."""
    with _as_worker():
        Peer.objects.create(code=code, name=name, keys=[public], since=_now(), by_post=1, signoff_id=signoff)


def sign_ins(**posts: list[Any]) -> dict[str, dict[str, Any]]:
    """Open sign-ins: name → unit's code, role and seat; returns what `Part` holds of each."""
    return {name: _sign_in(name, _actor(unit, role, seat)) for name, (unit, role, seat) in posts.items()}


def _sign_in(name: str, actor: Actor) -> dict[str, Any]:
    with database.acting_as(settings.INSTALLATION, "importer"):
        access.account_open(username=name, staff_id=actor.staff_id or 0, password=PASSWORD)
    return _part(name, actor)


def _part(name: str, actor: Actor) -> dict[str, Any]:
    return {"login": name, "token": "", "unit_id": actor.unit_id, "unit_name": actor.unit_name}


def upper() -> dict[str, dict[str, Any]]:
    """Load the province with its organiser, assessors and the centre's, and their sign-ins; returns what `Part` holds of each."""
    with database.acting_as(settings.INSTALLATION, "importer"):
        made = load_province()
    return {name: _part(name, actor) for name, actor in made.items()}


def hand_in(code: str, letter: str, folder: str) -> str:
    """A city takes the round's letter in, evaluates itself, signs, locks, and builds its pack; returns the pack's file."""
    with _as_worker():
        letter_take_in(path=Path(letter), actor=None, now=_now())
        drain(now=_now)
    lead = _actor(f"centre-{code}", "supervisor", 0)
    with acting(lead):
        row = RoundCity.objects.select_related("round").get()
    _evaluate(code, row, lead)
    with acting(lead):
        build = operations.pack_ask(city_id=row.pk, actor=lead, now=_now())
    seal()
    with _as_worker():
        assert operations.packs_build(now=_now(), program=PROGRAM) == 1
        found = Build.objects.get(pk=build)
    with acting(lead):
        operations.pack_send(city_id=row.pk, actor=lead, now=_now())
    return str(shutil.copy(letters.letter_path(found.sha256), Path(folder) / f"{code}.letter"))


def _evaluate(code: str, row: RoundCity, lead: Actor) -> None:
    writer, signer, head = (
        _actor(f"{unit}-{code}", "handler", 0) for unit in ("housing-construction", "urban-management", "health")
    )
    with acting(lead):
        for target in (State.JOINED, State.EVALUATING):
            operations.city_move(city_id=row.pk, target=target, actor=lead, now=_now())
        projects = [one.project.code for one in board(row.pk, local_date(_now())).projects]
        for project, who in (*((one, signer) for one in projects), ("", head)):
            operations.duty_give(
                city_id=row.pk, project=project, unit_id=writer.unit_id or 0, role="handler",
                signer_post_id=who.post_id or 0, due_on=row.round.self_until, actor=lead, now=_now(),
            )  # fmt: skip
        papers = [SimpleUploadedFile(f"{each}.pdf", f"%PDF-1.4\n% {each}\n%%EOF\n".encode()) for each in "一二"]
        stored = tuple(files.store(data=paper, name=str(paper.name), now=_now()) for paper in papers)
        operations.claim_make(
            city_id=row.pk, project=projects[0], words="闭环做得早", stored=stored, actor=lead, now=_now()
        )
    with _as_worker():
        operations.items_compute(city_id=row.pk, now=_now())
    with acting(lead):
        told = board(row.pk, local_date(_now()))
    for one in (one for project in told.projects for one in project.items if not one.is_complete):
        with acting(writer):
            last = Score.objects.filter(round_city=row, key=one.indicator.key, stage="self", is_last=True).get()
            operations.item_write(
                city_id=row.pk, key=one.indicator.key, words="", objection="备案清单还在核对", based_on=last.number,
                actor=writer, now=_now(),
            )  # fmt: skip
    for project in projects:
        with acting(signer):
            operations.project_sign(city_id=row.pk, project=project, actor=signer, now=_now())
    with acting(head):
        operations.round_lock(city_id=row.pk, actor=head, now=_now())


def _above(stage: Stage, name: str) -> Actor:
    """Somebody of a stage's team."""
    unit, role = ("centre-37", "province_assessor") if stage is Stage.PROVINCE else ("spot-check-37", "centre_assessor")
    return _actor(unit, role, int(name[-1]) - 1)


def score(city: str, who: str = "assessor1") -> None:
    """The province scores what is left of a city as the city did, or gives 60 points; vetoes stay as they are, else none."""
    actor, organiser = _above(Stage.PROVINCE, who), _actor("centre-37", "organiser", 0)
    with acting(actor):
        pk = RoundCity.objects.get(city_code=city).pk
        lines = upper_city.desk(pk, actor, local_date(_now())).lines
    for line in lines:
        own = line.scores[Stage.SELF]
        points = None if line.is_counted else own.points if own is not None and own.points is not None else Decimal(60)
        if line.is_open:
            with acting(actor):
                marking.item_mark(
                    city_id=pk, key=line.item.key, stage=Stage.PROVINCE, actor=actor, now=_now(),
                    mark=Mark(points, 0 if line.is_counted else None, "核对一致"),
                )  # fmt: skip
    with acting(organiser):
        marking.scoring_close(city_id=pk, actor=organiser, now=_now())
        marking.city_through(city_id=pk, actor=organiser, now=_now())


def spot(city: str, key: str) -> None:
    """The centre scores one item of a city as the province did, and has checked it."""
    actor = _above(Stage.CENTRE, "centre2")
    with acting(actor):
        pk = RoundCity.objects.get(city_code=city).pk
        line = next(one for one in upper_city.desk(pk, actor, local_date(_now())).lines if one.item.key == key)
        before = line.scores[Stage.PROVINCE]
        assert before is not None
        mark = Mark(before.points, None, "现场核对一致")
        marking.item_mark(city_id=pk, key=key, stage=Stage.CENTRE, mark=mark, actor=actor, now=_now())
        deciding.spot_checked(city_id=pk, actor=actor, now=_now())


ACTS: Mapping[str, Callable[..., Any]] = {
    act.__name__: act for act in (live, seal, key, know, sign_ins, upper, hand_in, score, spot)
}
