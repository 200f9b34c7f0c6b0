"""A busy city for whoever counts what its pages ask: of everything that a list shows more than a few, among them what may
cost a question more (grids, a closed unit, helpers, parts, links), and one of each thing that has a page of its own."""

import json
import re
import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from shanzhi.config import database
from shanzhi.config.installation import Installation
from shanzhi.config.worker import drain
from shanzhi.core.periods import local_date
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.draws.tests.drawn_city import made as drawn
from shanzhi.kernel.evidence import operations as evidence
from shanzhi.kernel.evidence.policy.objects import Given
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.tests.pictures import picture
from shanzhi.kernel.indicators import operations as indicators
from shanzhi.kernel.indicators.operations import Contest
from shanzhi.kernel.indicators.policy.periods import month_of
from shanzhi.kernel.indicators.queries import values
from shanzhi.kernel.indicators.tests.support import let_count
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries as organised
from shanzhi.kernel.organisation.policy.places import PlaceSaid
from shanzhi.modules.exports import operations as exports
from shanzhi.modules.exports.policy import wanted_of
from shanzhi.modules.grid.operations import incident_found, patrol_sign
from shanzhi.modules.hotline import operations as hotline
from shanzhi.modules.hotline.policy import NewItem, Words
from shanzhi.modules.imports import uploads as imports
from shanzhi.modules.imports.uploads import Brought
from shanzhi.modules.intake.tests.walk import follow_in, made
from shanzhi.modules.keeper.tests.test_redraw_regions import tried
from shanzhi.modules.oversight.tests.city_of_work import do, given_back, to_the_end, work
from tests.city import Cast, _actor
from tests.concurrency.committed import City, seal_all
from tests.desks import signed_in
from tests.drives import drive_begun
from tests.rounds import round_begun

COMMUNITY, GRID = "370303009006", "370303009006001"
PROPERTY = "housing.property-service"
WATER = "water-370303"
PAPER = b"%PDF-1.4\n%%EOF\n"
RESIDENTS = ("resident", "petitioner")
MANY, SOME = 27, 4
"""More than a page of what waits; a few of all else."""
CATALOGUE = f"分类,区域,层级,单位,单位类型,协办,时限,依据\n{PROPERTY},370303,县,,urban-management,township,5wd,《物业管理条例》\n"


@dataclass(slots=True)
class Busy:
    """What the pages' addresses name, and the browsers that ask for them."""

    cast: Cast
    browsers: dict[str, Client] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    mine: list[Reported] = field(default_factory=list)

    def browser(self, part: str) -> Client:
        """One of the cast's; a resident's has shown the follow codes of what is theirs."""
        if part not in self.browsers:
            self.browsers[part] = Client() if part in RESIDENTS else signed_in(part)
            # A session's first request notes when it began.
            assert self.browsers[part].get("/").status_code == 200
        return self.browsers[part]


def busy(city_copy: City) -> Busy:
    """Fill a copy of the standing city, and let the worker do what waits: suggestions, notices, the public list, seals."""
    city = Busy(city_copy.cast)
    work(city.cast)
    _reports(city)
    _group(city)
    _grid(city)
    _petition(city)
    _desk(city)
    _closed_unit(city)
    _offices(city)
    with database.acting_as(city_copy.installation, "worker"):
        drain(now=timezone.now)
    _evidence(city, city_copy.installation)
    seal_all(city_copy.installation, timezone.now())
    _attached(city)
    _figures(city, city_copy.installation)
    number, _ = drawn(city_copy, "busy", bytes(32))
    city.named["draw"] = str(number)
    _round(city)
    _drive(city)
    return city


def _figures(city: Busy, installation: Installation) -> None:
    """A figure that the keeper owes, and a count that a unit contests."""
    on = local_date(_now())
    city.named["today"] = on.isoformat()
    city.named["week"] = f"{on:%G-W%V}"
    with acting(city.cast.keeper):
        line = next(one for one in values.owed(city.cast.keeper, on) if one.state != "handed_in")
    city.named |= {
        "owed key": line.indicator.key, "owed region": str(line.place.id), "owed period": str(line.period),
    }  # fmt: skip
    contest = Contest(city.named["handled"], "satisfaction_rate", month_of(on), "not-our-duty", "不归本单位办")
    with acting(city.cast.handler):
        handled = queries.matter_behind(contest.number)
    assert handled is not None
    with database.acting_as(installation, "worker"):
        let_count(handled.matter_id, contest.month, contest.indicator_key)
    with acting(city.cast.handler):
        paper = files.store(data=PAPER, name="说明.pdf", now=_now())
        asked = indicators.exclusion_ask(contest=contest, stored=[paper], actor=city.cast.handler, now=_now())
    city.named["exclusion"] = str(asked)


def _evidence(city: Busy, installation: Installation) -> None:
    """More than a page in the archive, one of them opened, referred to and put right."""
    keeper, on = city.cast.keeper, local_date(_now())
    city_id = organised.top_regions(on)[0].id
    with acting(keeper):
        for place in range(MANY):
            paper = files.store(data=PAPER + str(place).encode(), name="纪要.pdf", now=_now())
            given = Given(f"议事会纪要{place}", "minute", "system", city_id, "solution_rate")
            made_id = evidence.evidence_put(given=given, stored=paper, actor=keeper, now=_now())
        evidence.evidence_open(evidence_id=made_id, why="review", actor=keeper, now=_now())
    city.named["evidence"] = str(made_id)
    with database.acting_as(installation, "worker"):
        evidence.evidence_take(now=_now())


def _round(city: Busy) -> None:
    """A round by the shipped guideline, in which the city evaluates itself."""
    row, key = round_begun(city.cast.supervisor, _now())
    city.named |= {"round": str(row), "round item": key}


def _drive(city: Busy) -> None:
    """A drive to which several places applied; one has its title, the last was visited."""
    drive, granted, application = drive_begun(city.cast, SOME, _now())
    city.named |= {"drive": str(drive), "application": str(application), "granted": str(granted)}


def _now(minutes: float = 0) -> Any:
    return timezone.now() - timedelta(minutes=minutes)


def _reports(city: Busy) -> None:
    """What waits, what two units work on together, what is checked; the resident's own among them."""
    cast = city.cast
    places = [COMMUNITY, *(row.code for row in organised.children(COMMUNITY, local_date(_now())))]
    mine = [_mine(places[-1]) for _ in range(SOME)]
    city.mine = mine
    for place in range(MANY):
        made(title=f"等待{place}", region_code=places[place % len(places)])
    follow_in(city.browser("resident"), *mine)
    for place, one in enumerate([*mine, *(made(title=f"办理{place}", region_code=GRID) for place in range(SOME))]):
        do(cast.dispatcher, one.matter_id, "accept", category=PROPERTY)
        helping = [cast.second_handler.unit_id] if place % 2 else []
        do(cast.dispatcher, one.matter_id, "dispatch", lead=cast.handler.unit_id, co=helping)
        do(cast.handler, one.matter_id, "take")
        if not helping and place:
            do(cast.handler, one.matter_id, "reply", reply="已修好，正常运行。")
            city.named["checking"] = one.number
        elif helping:
            city.named["handled"] = one.number
    city.named["mine"] = mine[0].number


def _mine(region: str) -> Reported:
    """The resident's own, with a photo and a paper."""
    now = _now()
    stored = [
        files.store(data=picture(size=(60, 40)), name="x.jpg", now=now),
        files.store(data=PAPER, name="x.pdf", now=now),
    ]
    new = NewReport(body="世纪花园3号楼的电梯坏了", title="我的", region_code=region, contact_phone="13812345678")
    with acting(ANYONE):
        return operations.report(new=new, actor=ANYONE, now=now, stored=stored)


def _group(city: Busy) -> None:
    """Reports of one problem, linked; and a matter in parts, which waits for its answers."""
    cast = city.cast
    lead, *others = (made(title="停水", region_code=GRID) for _ in range(SOME))
    for one in others:
        do(cast.dispatcher, one.matter_id, "link", same_as=lead.number)
    whole = made(title="电梯和垃圾")
    do(cast.dispatcher, whole.matter_id, "accept", category=PROPERTY)
    parts = [
        {"about": "三号楼电梯停了", "category": PROPERTY},
        {"about": "小区门口垃圾没人清", "category": "cityscape.waste", "region": "370303009007"},
    ]
    do(cast.dispatcher, whole.matter_id, "split", lead=cast.handler.unit_id, parts=parts)
    there = made(title="停水", region_code=GRID, latitude=36.8, longitude=118.0)
    city.named |= {"waiting": lead.number, "pointed": there.number, "whole": whole.number}


def _grid(city: Busy) -> None:
    """Incidents in the grid's hands, handed up and ended; places, some of them inspected."""
    cast = city.cast
    worker, author = cast.grid_worker, Author("post", cast.keeper.post_id, cast.keeper.unit_id)
    for place in range(3 * SOME):
        with acting(worker):
            found = incident_found(
                new=NewReport(body=f"{place}号楼前窨井盖破损"), uploads=(), actor=worker, now=_now(), key=uuid.uuid4()
            )
        if place % 3 == 0:
            do(worker, found.matter_id, "escalate_to_community", words="要市政来换")
        elif place % 3 == 1:
            do(worker, found.matter_id, "end_in_grid", reply="已更换井盖。")
        else:
            city.named["incident"] = found.number
    for place in range(SOME):
        said = PlaceSaid(f"小区{place}", "compound", GRID if place % 2 else COMMUNITY, latitude=36.8, longitude=118.0)
        with acting(cast.keeper):
            pk = organisation.place_add(said=said, on=date(2024, 1, 1), now=_now(), author=author, even_so=True)
        city.named["place"] = str(pk)
    with acting(worker):
        patrol_sign(place_id=pk, actor=worker, now=_now(), key=uuid.uuid4())


def _petition(city: Busy) -> None:
    """One whose papers were issued, followed by the resident."""
    cast, now = city.cast, _now()
    new = NewReport(body="地下室漏水", title="地下室漏水", kind="petition", channel="window", region_code=COMMUNITY)
    with acting(cast.dispatcher):
        petition = operations.report(new=new, actor=cast.dispatcher, now=now)
    do(cast.dispatcher, petition.matter_id, "accept")
    do(cast.dispatcher, petition.matter_id, "dispatch", lead=cast.handler.unit_id)
    city.named |= {"petition": petition.number}
    with acting(cast.dispatcher):
        for line in queries.card(petition.matter_id, actor=cast.dispatcher, now=now).papers:
            issued = operations.paper_issue(
                matter_id=petition.matter_id,
                step=line.step,
                code=line.code,
                actor=cast.dispatcher,
                now=now,
                fields={"doc_no": "张信〔2025〕1号"},
            )
            if line.code == "acceptance_notice":
                city.named |= {"step": str(line.step), "code": line.code, "own step": str(issued)}
    follow_in(city.browser("petitioner"), petition)


def _desk(city: Busy) -> None:
    """A call, knowledge items, a draft of the dispatch catalogue."""
    cast, now, ref, whole_call = city.cast, _now(), uuid.uuid4(), uuid.uuid4()
    known = Words(
        phone="13812345678", title="楼道灯", body="路灯不亮", category=PROPERTY, region=GRID, site=city.named["place"]
    )
    with acting(cast.operator):
        hotline.call_keep(ref=whole_call, words=known, actor=cast.operator, now=now)
        hotline.call_keep(
            ref=ref, words=Words(title="楼道灯", body="路灯不亮", category=PROPERTY), actor=cast.operator, now=now
        )
    items = [NewItem(f"n-{place}", f"问题{place}", "答复", (PROPERTY,), date(2025, 1, 1)) for place in range(MANY)]
    with acting(cast.keeper):
        hotline.items_load(items=items, actor=cast.keeper, now=now)
    tomorrow = local_date(now) + timedelta(days=1)
    file = SimpleUploadedFile("目录.csv", CATALOGUE.encode())
    answer: Any = city.browser("keeper").post(
        "/desk/dispatch/load/", {"file": file, "holds_from": tomorrow.isoformat()}
    )
    version = answer["Location"].split("/")[-2]
    with acting(cast.keeper):
        row = queries.dispatch_rows(int(version), on=local_date(now)).rows[0]
    city.named |= {
        "whole call": str(whole_call),
        "call": str(ref),
        "item": items[0].code,
        "catalogue": version,
        "catalogue row": str(row.id),
    }


def _closed_unit(city: Busy) -> None:
    """One that led matters which have ended, or went on to another unit."""
    cast, water = city.cast, _actor(WATER, "handler", 0)
    for ends in (True, False):
        one = made(title="水管")
        do(cast.dispatcher, one.matter_id, "accept", category=PROPERTY)
        do(cast.dispatcher, one.matter_id, "dispatch", lead=water.unit_id)
        do(water, one.matter_id, "take")
        if ends:
            to_the_end(cast, (one.matter_id, one.follow_hash), water, solved=True)
            city.named["ended"] = one.number
        else:
            given_back(cast, one.matter_id, water, cast.handler)
            city.named["returned"] = one.number
    unit = organised.unit_by_code(WATER, local_date(_now()))
    assert unit is not None
    closing = {"successor": "", "on": local_date(_now()).isoformat(), "version": "1"}
    answer = city.browser("keeper").post(f"/keeper/units/{unit.id}/close/", closing)
    assert answer.status_code == 302, answer.content.decode()


def _offices(city: Busy) -> None:
    """What an office keeps: a unit, a post, an export, an import, sign-offs, tokens, the admission list, a redraw."""
    cast, now, keeper = city.cast, _now(), city.browser("keeper")
    with acting(cast.supervisor):
        wanted = {"since": "2025-11-01", "until": "2025-11-18", "format": "csv", "columns": "number"}
        exports.export_ask(wanted=wanted_of(wanted), reason="年度检查用", actor=cast.supervisor, now=now)
    with acting(cast.keeper):
        sent = Brought("a.csv", "编号,反映时间,内容\n1,某天,坏了\n".encode(), "matters", "旧系统")
        key = imports.upload_bring(brought=sent, actor=cast.keeper, now=now)
        signoff = access.signoff_ask(kind="vault.rotate", fields={"reason": "例行更换"}, actor=cast.keeper, now=now)
    for actor in (cast.handler, cast.checker, cast.supervisor):
        assert actor.post_id is not None
        access.token_issue(post_id=actor.post_id, label="接口", now=now)
    item = {
        "item": "居民身份证明",
        "level": "community",
        "ground": "准入清单",
        "on": local_date(now).isoformat(),
        "until": "",
    }
    assert keeper.post("/keeper/admission/new/", item).status_code == 302
    region = organised.region_of_code("370303008", local_date(now))
    assert region is not None
    city.named |= {
        "unit": str(cast.second_handler.unit_id),
        "post": str(cast.second_handler.post_id),
        "handlers post": str(cast.handler.post_id),
        "operators post": str(cast.operator.post_id),
        "import": key,
        "signoff": str(signoff),
        "admission": str(organised.admission_list()[0].id),
        "region": str(region.id),
    }
    grid = organised.region_of_code(GRID, local_date(now))
    community = organised.region_of_code(COMMUNITY, local_date(now))
    assert grid is not None
    assert community is not None
    city.named |= {"grid": str(grid.id), "community": str(community.id)}
    _outlines(keeper, local_date(now))
    tomorrow = local_date(now) + timedelta(days=1)
    answer: Any = keeper.post(f"/keeper/regions/{region.id}/rename/", {"on": tomorrow, "name": "新街道"})
    assert keeper.post("/keeper/regions/plan/", tried(answer)).status_code == 302
    listed = keeper.get("/keeper/regions/changes/").content.decode()
    city.named["redraw"] = re.findall(r"/keeper/regions/changes/(\d+)/", listed)[0]


def _outlines(keeper: Client, on: date) -> None:
    """One set that holds, and one that was uploaded."""
    for holds in (True, False):
        ring = [[118.0, 36.8], [118.01, 36.8], [118.01, 36.81], [118.0, 36.81], [118.0, 36.8]]
        outline = {"type": "Polygon", "coordinates": [ring]}
        found = {"type": "Feature", "properties": {"区划代码": COMMUNITY}, "geometry": outline}
        data = json.dumps({"type": "FeatureCollection", "features": [found]}).encode()
        shapes = {"file": SimpleUploadedFile("a.geojson", data), "datum": "WGS84"}
        assert keeper.post("/keeper/regions/shapes/", shapes).status_code == 302
        if holds:
            html = keeper.get("/keeper/regions/shapes/found/").content.decode()
            digest = re.findall(r'name="digest" value="([0-9a-f]{64})"', html)[0]
            taken = {"digest": digest, "holds_from": on.isoformat(), "even_so": "on"}
            assert keeper.post("/keeper/regions/shapes/found/", taken).status_code == 302


def _attached(city: Busy) -> None:
    """A photo and a paper that the resident sees."""
    mine = Actor(follow=(city.mine[0].follow_hash,))
    with acting(mine):
        card = queries.card(city.mine[0].matter_id, actor=mine, now=_now())
    city.named |= {
        "picture" if file.media_type.startswith("image/") else "paper": str(file.id) for file in card.attachments
    }
