"""The matrix's own small world: one matter for each way in which it may lie before somebody, and everybody who looks.

Every matter carries marks of its own in each place where a page could show it; ids lie far up, so that an id in a page
is a mark as well. Made once a process in a copy of the standing city, by the operations that the pages use.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from uuid import UUID

import psycopg
from django.core import signing
from django.test import Client

from shanzhi.config import database
from shanzhi.config.installation import Installation
from shanzhi.config.worker import drain
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.access.queries import actor_of_post
from shanzhi.kernel.access.web.middleware import FOLLOWED_COOKIE, POST_IN_SESSION
from shanzhi.kernel.draws import operations as draws
from shanzhi.kernel.draws.tests.drawn_city import plan as drawn_plan
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.files.tests.pictures import picture
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries as units
from shanzhi.kernel.organisation.models import Post
from shanzhi.modules.exports import operations as exports
from shanzhi.modules.exports.policy import wanted_of
from shanzhi.modules.hotline import operations as hotline
from shanzhi.modules.hotline.policy import Words
from shanzhi.modules.imports import uploads as imports
from shanzhi.modules.imports.uploads import Brought
from tests.city import LOADER, NOW, OPENED, PASSWORD, _actor
from tests.desks import BACKEND
from tests.matrix.page import CALL, EXPORT, IMPORT, SESSION, SIGNOFF, TOKEN_ID
from tests.matrix.sight import SIGHT

WHEN = NOW + timedelta(hours=3)
"""The time of every request: three hours after the first report."""
FIRST_MATTER, FIRST_FILE = 7_390_001, 8_390_001
GRID = "370303009006001"
# Matter → where it was reported. What is done to each of them stands in `_work`.
PLACES = {
    "own": GRID,
    "past": "370303009006",
    "foreign": "370306100200",
    "nowhere": "",
    "waiting": "370303009007",
    "waiting there": "370306100201",
    "ended": "370303009006",
    "checking": "370303105200",
}
PRIVATE = frozenset({"phone", "contact", "follow code", "follow hash"})
"""Marks that nobody sees but by revealing them, or by having brought them along."""
INNER = frozenset({"note", "inner name", "inner file"})
"""Marks of what the offices say among themselves: never a reporter's."""

POSTS = {
    "dispatcher": ("centre-3703", "dispatcher"),
    "checker": ("centre-3703", "checker"),
    "operator": ("centre-3703", "operator"),
    "knowledge editor": ("centre-3703", "knowledge_editor"),
    "supervisor": ("centre-3703", "supervisor"),
    "county checker": ("centre-370303", "checker"),
    "keeper": ("centre-370303", "keeper"),
    "handler": ("housing-construction-370303", "handler"),
    "past handler": ("water-370303", "handler"),
    "co-handler": ("urban-management-370303", "handler"),
    "grid chief": ("community-370303009006", "grid_chief"),
    "grid worker": ("community-370303009006", "grid_worker"),
    "neighbour dispatcher": ("centre-370306", "dispatcher"),
    "neighbour checker": ("centre-370306", "checker"),
    "neighbour handler": ("housing-construction-370306", "handler"),
    "security officer": ("centre-3703", "security_officer"),
    "auditor": ("centre-3703", "auditor"),
    "neighbour officer": ("centre-370306", "security_officer"),
}


@dataclass(slots=True)
class Subject:
    """A matter with its marks: facet → a text that stands nowhere else."""

    name: str
    id: int
    number: str
    code: str
    follow_hash: str
    marks: dict[str, str]
    paper: int = 0
    picture: int = 0
    inner: int = 0


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody before a page: a browser with what it has (session, cookies, token), and a program's headers.

    `kind`: post, account (signed in, no post), reporter, nobody, or refused (a token that isn't valid any more).
    """

    name: str
    kind: str
    client: Client
    headers: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    actor: Actor = ANYONE
    follows: str = ""
    by_token: bool = False

    @property
    def sees(self) -> frozenset[str]:
        """The matters that the policy shows to it, by name."""
        return SIGHT[self.name]


@dataclass(slots=True)
class World:
    """All of it."""

    installation: Installation
    subjects: dict[str, Subject]
    people: dict[str, Who]
    tokens: dict[str, str]
    cast: dict[str, Actor]
    tick: Iterator[int] = field(default_factory=lambda: count(1))
    kept: psycopg.Connection | None = None
    seen: tuple[int, dict[str, str]] | None = None
    """The newest fingerprint of the tables, and up to which transaction it holds (`machine.state`)."""

    def marks(self) -> dict[str, tuple[str, str]]:
        """Every mark with the matter and the facet that it stands for."""
        return {text: (one.name, facet) for one in self.subjects.values() for facet, text in one.marks.items()}

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection]:
        """A superuser's look at the same database."""
        with psycopg.connect(database.admin_url(self.installation), autocommit=True) as opened:
            opened.execute(f"SET search_path = {self.installation.schema}")
            yield opened

    def onlooker(self) -> psycopg.Connection:
        """A superuser's connection that is kept, for what is looked at thousands of times: its plans are kept with it."""
        if self.kept is None:
            self.kept = psycopg.connect(database.admin_url(self.installation), autocommit=True)
            self.kept.execute(f"SET search_path = {self.installation.schema}")
            # To start processes for its few rows takes longer than to read them.
            self.kept.execute("SET max_parallel_workers_per_gather = 0")
        return self.kept

    def close(self) -> None:
        """Let go of what is kept."""
        if self.kept is not None:
            self.kept.close()

    def report(self, name: str, region: str) -> Subject:
        """Take one matter in, marked."""
        tag = f"zq{len(self.subjects) + 1}"
        marks = {facet: f"{tag}{facet.replace(' ', '')}" for facet in ("title", "body", "place", "contact", "paper")}
        marks["phone"] = f"139{len(self.subjects) + 1:02}761943"
        paper = stored_paper(f"{tag}papername", marks["paper"])
        shot = files.store(data=picture(size=(60 + 2 * len(self.subjects), 40)), name="x.jpg", now=NOW)
        new = NewReport(
            title=f"{marks['title']} 电梯坏了",
            body=f"{marks['body']} 三天了，联系电话{marks['phone']}。",
            place_text=f"{marks['place']} 3号楼",
            region_code=region,
            contact_name=marks["contact"],
            contact_phone=marks["phone"],
        )
        with acting(ANYONE):
            made = operations.report(new=new, actor=ANYONE, now=NOW, stored=[paper, shot])
        marks |= {
            "number": made.number,
            "id": str(made.matter_id),
            "follow code": made.follow_code,
            "follow hash": made.follow_hash,
            "paper name": f"{tag}papername",
            "sha256": paper.sha256,
            "picture": shot.sha256,
        }
        one = Subject(name, made.matter_id, made.number, made.follow_code, made.follow_hash, marks)
        self.subjects[name] = one
        return one

    def do(self, name: str, actor: Actor, action: str, **fields: object) -> None:
        """One step of a matter, a minute after the one before."""
        now = NOW + timedelta(minutes=next(self.tick))
        with acting(actor):
            operations.act(matter_id=self.subjects[name].id, action=action, actor=actor, now=now, fields=fields)

    def drain(self) -> None:
        """Let the worker do what waits: suggestions, notices, the public list."""
        with database.acting_as(self.installation, "worker"):
            drain(now=lambda: WHEN - timedelta(minutes=1))


def stored_paper(name: str, text: str) -> StoredFile:
    """A paper in the store, under a name and with a text of its own."""
    return files.store(data=f"%PDF-1.4\n% {text}\n%%EOF\n".encode(), name=f"{name}.pdf", now=NOW)


def build(installation: Installation) -> World:
    """Make the world in this (empty) copy of the standing city."""
    world = World(installation, {}, {}, {}, {part: _actor(*post, 0) for part, post in POSTS.items()})
    with world.admin() as opened:
        opened.execute("SELECT setval('matters_matter_id_seq', %s, false)", [FIRST_MATTER])
        opened.execute("SELECT setval('files_attachment_id_seq', %s, false)", [FIRST_FILE])
    for name, region in PLACES.items():
        world.report(name, region)
    with world.admin() as opened:
        # A report counts as its community's; a grid's own matter comes by import.
        opened.execute("UPDATE matters_matter SET scope_code = %s WHERE id = %s", [GRID, world.subjects["own"].id])
    world.drain()
    _work(world)
    world.drain()
    _attachments(world)
    _people(world)
    _offices(world)
    for who in world.people.values():
        if who.kind in ("post", "account") and not who.by_token:
            # A session's first request notes when it began; the ones that are compared come later.
            assert who.client.get("/sessions/").status_code in (200, 302)
    with database.acting_as(installation, "worker"):
        journal.seal(now=WHEN - timedelta(minutes=1), head_every=timedelta(0))
    return world


def _work(world: World) -> None:
    """What was done to each matter: who holds it, who held it, how far it is."""
    cast = world.cast
    dispatcher, checker = cast["dispatcher"], cast["checker"]
    handler, past, co, there = (cast[part] for part in ("handler", "past handler", "co-handler", "neighbour handler"))

    def give(name: str, lead: Actor, *helping: Actor) -> None:
        world.do(name, dispatcher, "dispatch", lead=lead.unit_id, co=[actor.unit_id for actor in helping])

    for name in ("own", "past", "foreign", "ended", "checking"):
        world.do(name, dispatcher, "accept", category="housing.property-service")
    for name, first, then, helping in (("own", past, handler, (co,)), ("past", handler, past, ())):
        give(name, first)
        world.do(name, first, "hand_back", ground="return.not-our-duty", words="不归本单位")
        give(name, then, *helping)
    for name, lead in (("foreign", there), ("ended", handler), ("checking", handler)):
        give(name, lead)
    for name, lead in (("own", handler), ("past", past), ("foreign", there), ("ended", handler), ("checking", handler)):
        one = world.subjects[name]
        one.marks |= {facet: f"{one.marks['title'][:3]}{facet.replace(' ', '')}" for facet in ("note", "inner name")}
        inner = stored_paper(one.marks["inner name"], f"{one.marks['note']}inside")
        world.do(name, lead, "take")
        world.do(name, lead, "note", words=f"{one.marks['note']} 已约住户")
        world.do(name, lead, "attach", files=[inner])
        one.marks["inner file"] = inner.sha256
    for name, lead in (("foreign", there), ("ended", handler), ("checking", handler)):
        one = world.subjects[name]
        one.marks["reply"] = f"{one.marks['title'][:3]}reply"
        world.do(name, lead, "reply", reply=f"{one.marks['reply']} 已修好，正常运行。")
    world.do("ended", checker, "check_pass", words="电话回访：属实")
    world.do("ended", Actor(follow=(world.subjects["ended"].follow_hash,)), "rate", solved=True, satisfied=5)


def _attachments(world: World) -> None:
    """The files' numbers, which are marks too."""
    with world.admin() as opened:
        for one in world.subjects.values():
            rows = opened.execute(
                "SELECT id, name, shown_to_reporter FROM files_attachment WHERE subject_id = %s ORDER BY id", [one.id]
            ).fetchall()
            for pk, name, shown in rows:
                which = "inner" if not shown else "paper" if name.endswith(".pdf") else "picture"
                setattr(one, which, pk)
                one.marks["inner file id" if which == "inner" else f"{which} id"] = str(pk)


def _people(world: World) -> None:
    made = _Hiring(world)
    for part, actor in world.cast.items():
        made.post(part, actor)
    made.post("post without a place", made.new_post("audit-370303", "supervisor", "region", "{}"))
    # Of an upper installation: in a city nobody has these roles, and their pages are attacked here all the same.
    for role in ("organiser", "centre_assessor"):
        made.post(role.replace("_", " "), made.new_post("audit-370303", role, "region", "{}"))
    handler = world.cast["handler"]
    made.add(Who("token", "post", _bearer(made.token(handler)), role="handler", actor=handler, by_token=True))
    # Both were posts of the unit that handles "own".
    ended = made.new_post("housing-construction-370303", "handler", "unit")
    client = made.session(ended)
    token = made.token(ended)
    made.end(ended)
    # The sessions of whoever left the post ended with it: what is left in the browser is nobody's cookie.
    made.add(Who("session of an ended post", "nobody", client))
    made.add(Who("token of an ended post", "refused", _bearer(token), by_token=True))
    made.add(Who("without post", "account", made.signed_in("no-post", made.staff())))
    made.add(Who("anonymous", "nobody", Client()))
    for name, follows in (("reporter", "own"), ("other reporter", "foreign")):
        one = world.subjects[follows]
        browser = Client()
        browser.cookies[FOLLOWED_COOKIE] = signing.dumps([one.follow_hash], salt=FOLLOWED_COOKIE)
        made.add(Who(name, "reporter", browser, follows=follows, actor=Actor(follow=(one.follow_hash,))))


def _offices(world: World) -> None:
    """What has a sight of its own beside matters: a request for a sign-off, an export, a session, a token; a draw."""
    keeper, supervisor, officer = (world.cast[part] for part in ("keeper", "supervisor", "security officer"))
    wanted = {"since": "2025-11-01", "until": "2025-11-18", "format": "csv", "columns": "number"}
    with acting(supervisor):
        asked = exports.export_ask(wanted=wanted_of(wanted), reason="年度检查用", actor=supervisor, now=NOW)
    with acting(officer):
        access.signoff_decide(signoff_id=asked, approve=True, words="属实", actor=officer, now=NOW)
    with database.acting_as(world.installation, "worker"):
        access.signoff_run_due(now=NOW)
    with world.admin() as opened:
        opened.execute("UPDATE exports_export SET key = %s", [EXPORT])
        opened.execute("SELECT setval('access_signoff_id_seq', %s, false)", [int(SIGNOFF)])
        post = world.cast["handler"].post_id
        for table, pk in (("access_session", SESSION), ("access_token", TOKEN_ID)):
            opened.execute(
                f"UPDATE {table} SET id = %s WHERE id = (SELECT min(id) FROM {table} WHERE post_id = %s)", [pk, post]
            )
    brought = Brought("matrix.csv", "编号,反映时间,内容\n1,某天,坏了\n".encode(), "matters", "旧系统")
    with acting(keeper):
        imports.upload_bring(brought=brought, actor=keeper, now=NOW)
    with world.admin() as opened:
        opened.execute("UPDATE imports_upload SET key = %s", [IMPORT])
    with acting(keeper):
        access.signoff_ask(kind="vault.rotate", fields={"reason": "例行更换"}, actor=keeper, now=NOW)
    with acting(supervisor):
        draws.draw_announce(plan=drawn_plan("matrix", bytes(32)), actor=supervisor, now=NOW)
    with acting(world.cast["operator"]):
        hotline.call_keep(ref=UUID(CALL), words=Words(title="楼道灯"), actor=world.cast["operator"], now=NOW)


def _bearer(token: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}"})


class _Hiring:
    """Staff, posts, sign-ins and tokens beside those of the standing city."""

    def __init__(self, world: World) -> None:
        self.world, self.next = world, count(1)

    def add(self, who: Who) -> None:
        self.world.people[who.name] = who
        if who.by_token:
            self.world.tokens[who.name] = str(who.client.defaults["HTTP_AUTHORIZATION"]).removeprefix("Bearer ")

    def post(self, name: str, actor: Actor) -> None:
        token = self.token(actor)
        self.world.tokens[name] = token
        headers = {"Authorization": f"Bearer {token}"}
        self.add(Who(name, "post", self.session(actor), headers, actor.role, actor))

    def token(self, actor: Actor) -> str:
        assert actor.post_id is not None
        return access.token_issue(post_id=actor.post_id, label="matrix", now=NOW)

    def session(self, actor: Actor) -> Client:
        assert actor.staff_id is not None
        account = Account.objects.filter(staff_id=actor.staff_id).first()
        login = account.username if account else f"m-{next(self.next)}"
        return self.signed_in(login, actor.staff_id, actor.post_id)

    def signed_in(self, login: str, staff_id: int, post_id: int | None = None) -> Client:
        with database.acting_as(self.world.installation, "importer"):
            access.account_open(username=login, staff_id=staff_id, password=PASSWORD)
        client = Client()
        client.force_login(Account.objects.get(username=login), BACKEND)
        if post_id is not None:
            session = client.session
            session[POST_IN_SESSION] = post_id
            session.save()
        return client

    def staff(self) -> int:
        number = f"M{next(self.next)}"
        with database.acting_as(self.world.installation, "importer"):
            return organisation.staff_add(name="李矩阵", work_number=number, now=NOW, author=LOADER)

    def new_post(self, unit: str, role: str, sees: str, ranges: str | None = None) -> Actor:
        """A post beside the rule book's, held by somebody new."""
        found, staff = units.unit_by_code(unit, NOW.date()), self.staff()
        assert found is not None
        with database.acting_as(self.world.installation, "importer"):
            region = Post.objects.filter(unit_id=found.id).values_list("region_id", flat=True)[0]
            post = Post.objects.create(
                unit_id=found.id, role=role, title="岗位", region_id=region, seat=99, sees=sees, opened_on=OPENED
            )
            organisation.hold_post(post_id=post.pk, staff_id=staff, on=OPENED, now=NOW, author=LOADER)
        with self.world.admin() as opened:
            opened.execute("UPDATE organisation_post SET ranges = %s::codemultirange WHERE id = %s", [ranges, post.pk])
        return actor_of_post(post.pk, NOW.date())

    def end(self, actor: Actor) -> None:
        assert actor.post_id is not None
        today = NOW.date()
        with database.acting_as(self.world.installation, "importer"):
            organisation.end_holding(post_id=actor.post_id, on=today, now=NOW, author=LOADER)
        with self.world.admin() as opened:
            opened.execute("UPDATE organisation_post SET closed_on = %s WHERE id = %s", [today, actor.post_id])
