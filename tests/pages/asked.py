"""Every page of the matrix's table in a busy city: who asks for it, and by which addresses.

Every address that answers to GET, once for each of those who see most of it. A page that is new is asked for by itself; one
whose address names something is told what (`NAMED`).
"""

from collections.abc import Iterator, Mapping
from itertools import product

from tests.matrix.page import ACCOUNT, FEATURES, OPEN, PERSON, POST, REPORTER, RESIDENT, SIGHT_ALONE, START
from tests.matrix.routes import Route, pages
from tests.matrix.table import IS_NO_PAGE
from tests.pages.busy import COMMUNITY, GRID, PROPERTY, Busy

BY_ROLE = {"dispatcher": "dispatcher", "operator": "operator", "handler": "handler", "checker": "checker",
    "supervisor": "supervisor", "keeper": "keeper", "grid_worker": "grid_worker", "security_officer": "security_officer",
    "auditor": "auditor", "knowledge_editor": "knowledge_editor"}  # fmt: skip
"""Who of the cast stands for a role."""
BY_DOOR: Mapping[str, tuple[str, ...]] = {
    OPEN: ("resident", "dispatcher"),
    ACCOUNT: ("dispatcher",),
    POST: ("dispatcher",),
    PERSON: ("dispatcher",),
    START: ("dispatcher",),
    RESIDENT: ("resident",),
    REPORTER: ("resident",),
    SIGHT_ALONE: ("dispatcher",),
}
BY_NAME: Mapping[str, tuple[str, ...]] = {"intake:paper": ("petitioner",)}
"""Whose page it is, where the door doesn't say."""

STAFFS = (
    {"number": "waiting"},
    {"number": "handled"},
    {"number": "whole"},
    {"number": "pointed"},
    {"number": "petition"},
    {"number": "returned"},
    {"number": "ended"},
    {"number": "checking"},
)
ROW = {"version": "catalogue", "pk": "catalogue row"}
NAMED: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "access:signoff": ({"pk": "signoff"},),
    "drawn:one": ({"number": "draw"},),
    "archive:object": ({"pk": "evidence"},),
    "archive:proof": ({"pk": "evidence"},),
    **{f"assessment:{name}": ({"pk": "round"},) for name in ("board", "duties", "claims", "sent", "objections", "findings")},
    "assessment:item": ({"pk": "round", "key": "round item"},),
    **{f"drives:{name}": ({"pk": "drive"},) for name in ("one", "file")},
    "drives:application": ({"pk": "application"}, {"pk": "granted"}),
    "drives:visit": ({"pk": "application"},),
    "drives:paper": ({"pk": "granted"},),
    "figures:entry": ({"key": "owed key"},),
    "figures:exclusion": ({"pk": "exclusion"},),
    "figures:unit": ({"unit_id": "unit"},),
    "grid:matter": ({"number": "incident"},),
    "grid:place": ({"place_id": "place"},),
    "hotline:call": ({"ref": "call"}, {"ref": "whole call"}),
    "files:attachment": ({"pk": "paper"},),
    "files:preview": ({"pk": "picture"},),
    "matters:matter": STAFFS,
    "matters:proof": STAFFS,
    "matters:paper": ({"number": "petition", "step": "step", "code": "code"},),
    "triage:matter": STAFFS,
    "triage:unit": ({"number": "waiting"},),
    "worklist:matter": tuple({"number": name} for name in ("handled", "whole", "petition", "returned", "checking")),
    "checks:matter": ({"number": "checking"},),
    "intake:paper": ({"number": "petition", "step": "own step"},),
    "keeper:region_undo": ({"number": "redraw"},),
    "imports:one": ({"key": "import"},),
    "oversight:post": ({"pk": "handlers post"}, {"pk": "operators post"}),
    "keeper:unit": ({"pk": "unit"},),
    "keeper:post": ({"pk": "post"},),
    "keeper:post_new": ({"pk": "unit"},),
    "keeper:admission_end": ({"pk": "admission"},),
    "keeper:region": ({"region_id": "region"}, {"region_id": "community"}, {"region_id": "grid"}),
    "hotline:dispatch_row": (ROW,),
    **{f"intake:{name}": ({"number": "mine"},) for name in (
        "mine", "rate", "add", "appeal", "urge", "withdraw", "proof", "data", "copy", "correct", "consent", "erase")},
    **{f"keeper:unit_{name}": ({"pk": "unit"},) for name in ("edit", "close")},
    **{f"keeper:post_{name}": ({"pk": "post"},) for name in ("title", "change", "appoint", "vacate", "close")},
    **{f"keeper:{name}": ({"place_id": "place"},) for name in ("place", "place_sign")},
    **{f"hotline:knowledge_{name}": ({"code": "item"},) for name in ("item", "edit")},
    **{f"hotline:dispatch_{name}": ({"version": "catalogue"},) for name in ("version", "file", "trial", "row_new")},
}  # fmt: skip
"""What the busy city calls the things that an address names."""
FILES = ("matters:file", "triage:file", "worklist:file", "checks:file", "oversight:table_file", "oversight:bounced_file",
    "oversight:roll_file", "oversight:ontime_file", "figures:list_file", "figures:index_file",
    "figures:indicator_file", "figures:regions_file", "archive:list_file", "archive:completeness_file", "drives:file",
    "drives:titles_file")  # fmt: skip
ASKED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(FILES, ("?format=csv",)),
    "access:staff_sessions": ("", "?q=handler"),
    "access:token_issue": ("", "?who=1"),
    "archive:completeness": ("", "?only=all", "?only=all&key=volunteer_team"),
    "archive:list": ("", "?q=纪要", "?key=solution_rate"),
    "drives:paper": ("?format=docx",),
    "drives:one": ("", "?state=applied"),
    "drives:titles": ("", "?q=小区&title=safe_neighbourhood"),
    "checks:desk": ("", "?q=电梯", "?light=normal"),
    "figures:entry": ("?region={owed region}&period={owed period}",),
    "figures:exclusions": ("", "?state=asked"),
    "figures:index": ("", "?tree_on={today}"),
    "figures:report": ("?format=xlsx", "?format=docx", "?format=xlsx&period={week}"),
    "figures:list": ("", "?words=率&project=system"),
    "grid:overview": ("", f"?region={GRID}"),
    "hotline:dispatch_version": ("", f"?category={PROPERTY}&region=370303"),
    "hotline:knowledge": ("", f"?q=问题&category={PROPERTY}"),
    "intake:public": ("", "?region=370303&state=open"),
    "keeper:places": ("", "?q=小区&kind=compound&region=马尚"),
    "keeper:units": ("", "?only=vacant&q=张店", "?only=over"),
    "matters:list": ("", f"?q=电梯&which=all&region={GRID}", "?which=all&sort=newest", "?unit=张店区住房和城乡建设局"),
    "matters:units": ("?field=lead&kind=unit&q_lead=张店",),
    "oversight:ontime": ("", "?region=370303", "?unit=张店区住房和城乡建设局"),
    "oversight:posts": ("", "?unit=张店区住房和城乡建设局"),
    "oversight:start": ("", "?region=370303009"),
    "triage:desk": ("", "?light=normal"),
    "triage:unit": (f"?category={PROPERTY}&region={COMMUNITY}&q_lead=张店",),
    "worklist:list": ("", "?q=电梯", "?tab=helping", "?tab=ended"),
}
"""What else a page is asked: what it can't do without, and what costs it more; in braces what the busy city calls it."""
NO_SECOND_STEP = "nobody here has a second step to look after"
NOT_ASKED: Mapping[str, str] = {
    "drawn:file": "two proofs in one file, six statements each, however long the list: pinned in modules/drawn/tests",
    "mfa_authenticate": NO_SECOND_STEP,
    "mfa_login_webauthn": NO_SECOND_STEP,
    "mfa_reauthenticate": NO_SECOND_STEP,
    "mfa_reauthenticate_webauthn": NO_SECOND_STEP,
    "mfa_deactivate_totp": NO_SECOND_STEP,
    "mfa_edit_webauthn": NO_SECOND_STEP,
    "mfa_remove_webauthn": NO_SECOND_STEP,
    "mfa_view_recovery_codes": NO_SECOND_STEP,
    "openid_connect_callback": "the city has no identity provider",
    "intake:phone": "the city sends no text messages",
    "notices:subscription": "there is no other system to tell",
    "exports:download": "a file that the worker has made",
    **dict.fromkeys(("assessment:letter", "letters:file"), "no letter of another platform has come"),
    "imports:rejects": "a file that the worker has made",
}
"""Pages that aren't counted, and why."""


def asked_of(there: Busy, route: Route) -> Iterator[tuple[str, str]]:
    """Who asks for a page, and its address."""
    door = route.page.read
    parts = (
        BY_NAME.get(route.name)
        or BY_DOOR.get(door)
        or [BY_ROLE[role] for role in sorted(FEATURES[door]) if role in BY_ROLE]
    )
    if route.name in NAMED:
        cases = [{name: there.named[said] for name, said in one.items()} for one in NAMED[route.name]]
    else:
        cases = [dict(args) for args in route.page.args]
    for case in cases:
        for part, more in product(parts, ASKED.get(route.name, ("",))):
            yield part, route.url(case) + more.format_map(there.named)


def every_page(there: Busy) -> Iterator[tuple[Route, str, str]]:
    """Each page with somebody who asks for it, and an address."""
    for route in pages():
        if route.name not in IS_NO_PAGE and route.name not in NOT_ASKED and route.page.read:
            yield from ((route, part, url) for part, url in asked_of(there, route))
