"""What the table of pages says of each: its doors, what may be asked and sent, and what it is tried with.

Written down a second time on purpose: nothing here is read out of the program.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

# -- doors: who gets as far as asking for something -------------------------------------------------------------------
OPEN = "open"
"""Everybody."""
ACCOUNT = "account"
"""Whoever has signed in at a browser, with a post or without; a token is no browser. Others are sent to sign in."""
POST = "post"
"""Whoever acts in a post. Others are sent to sign in (pages) or answered 401 (API)."""
START = "start"
"""As POST; but somebody signed in without a post is told that they have none (403)."""
TOKEN = "token"
"""API: a token of a post; a browser's session may read but not write (the API takes no CSRF token)."""
ANYONE = "anyone"
"""API: everybody but the holder of a bad token."""
SIGHT_ALONE = "sight"
"""No door of its own: row-level security alone; 404 for whoever doesn't see the matter, signed in or not."""
PERSON = "person"
"""As POST; but a token is sent to sign in: a program has no sessions to look at."""
RESIDENT = "resident"
"""Everybody, as a resident: what is shown goes by the follow codes that the browser has shown, for staff too."""
REPORTER = "reporter"
"""The browser that has shown the matter's follow code. Staff are residents here: their post counts for nothing."""
CODE = "code"
"""API: whoever sends the matter's follow code."""
NOBODY = ""
"""The method isn't offered: 405."""
AS_RESIDENT = frozenset({RESIDENT, REPORTER, CODE})
"""Doors behind which a post counts for nothing."""

FEATURES: Mapping[str, frozenset[str]] = {
    # A door may also be a feature: these roles have it, other posts are answered 403.
    "triage": frozenset({"dispatcher"}),
    "desk": frozenset({"operator"}),
    "knowledge": frozenset({"keeper", "knowledge_editor"}),
    "knowledge_read": frozenset({"dispatcher", "operator", "keeper", "knowledge_editor"}),
    "dispatch_read": frozenset({"dispatcher", "operator", "keeper", "knowledge_editor"}),
    "worklist": frozenset({"handler"}),
    "checks": frozenset({"checker"}),
    "oversight": frozenset({"supervisor"}),
    "find": frozenset(
        {"dispatcher", "operator", "handler", "checker", "supervisor", "keeper", "grid_chief", "grid_worker"}
    ),
    "export": frozenset({"supervisor", "keeper"}),
    "import": frozenset({"keeper"}),
    "keep": frozenset({"keeper"}),
    "signoffs": frozenset({"supervisor", "keeper", "security_officer", "auditor"}),
    "signoff": frozenset({"security_officer"}),
    "sessions": frozenset({"security_officer"}),
    "tokens": frozenset({"keeper", "security_officer"}),
    "token_issue": frozenset({"keeper"}),
    "audit": frozenset({"auditor"}),
    "grid": frozenset({"grid_chief", "grid_worker"}),
    "figures": frozenset(
        {
            *("dispatcher", "operator", "knowledge_editor", "handler", "checker", "supervisor", "keeper"),
            *("security_officer", "auditor", "grid_chief", "grid_worker", "assessor"),
            *("organiser", "centre_assessor"),
        }
    ),
    "figures_enter": frozenset({"handler", "supervisor", "keeper", "assessor"}),
    "figures_contest": frozenset({"dispatcher", "handler", "supervisor"}),
    "figures_decide": frozenset({"supervisor"}),
    "figures_assess": frozenset({"assessor"}),
    "letters": frozenset({"keeper", "organiser"}),
    "draws": frozenset({"supervisor", "assessor", "centre_assessor"}),
    "archive": frozenset({"handler", "checker", "supervisor", "keeper", "assessor", "grid_chief", "grid_worker"}),
    "archive_file": frozenset({"handler", "supervisor", "keeper", "grid_chief", "grid_worker"}),
    "rounds": frozenset({"handler", "supervisor", "organiser", "centre_assessor"}),
    "rounds_fill": frozenset({"handler", "supervisor"}),
    "rounds_sign": frozenset({"handler", "supervisor"}),
    "rounds_lead": frozenset({"supervisor"}),
    "drives": frozenset({"handler", "checker", "supervisor"}),
    "drives_apply": frozenset({"handler"}),
    "drives_visit": frozenset({"checker"}),
    **dict.fromkeys(("drives_open", "drives_decide"), frozenset({"supervisor"})),
    "rounds_upper": frozenset({"organiser", "centre_assessor"}),
    "rounds_organise": frozenset({"organiser"}),
    "rounds_centre": frozenset({"centre_assessor"}),
}


@dataclass(frozen=True, slots=True)
class Page:
    """One address (or API call).

    `read` and `write` are the doors of GET and of POST. `about` is what its address names: a matter by its number, or
    a paper or picture by its id. `args` are the rest of the address, each a case of its own. `sends` is what a POST
    needs to be taken seriously, `asks` every query parameter that it reads. `away`: who gets in is sent elsewhere
    (302). `head`: answers HEAD. `options`: one of the sign-in library's views, which answer OPTIONS and send whoever has
    signed in on, whatever the method. `fixed`: knows nothing of matters or people, so three ask for all. `reveals`: the
    answer to a POST shows the matter's personal data; `confirms`: once the follow code was sent along as `confirm`.
    `seen_by`: what `args` name is somebody's own; who else gets past the door is told that there is none. `says`: what
    GET answers to whoever gets in, where that isn't the page. `tells`: marks of the offices' that reporters get here.
    """

    read: str = NOBODY
    write: str = NOBODY
    about: str = ""
    args: tuple[Mapping[str, str], ...] = ({},)
    sends: Mapping[str, object] = field(default_factory=dict)
    asks: tuple[str, ...] = ()
    away: bool = False
    head: bool = True
    options: bool = False
    fixed: bool = False
    reveals: bool = False
    confirms: bool = False
    seen_by: frozenset[str] | None = None
    says: str = ""
    tells: frozenset[str] = frozenset()

    @property
    def methods(self) -> frozenset[str]:
        """The methods that are offered."""
        offered = {"GET": self.read, "HEAD": self.read if self.head else "", "POST": self.write}
        return frozenset(name for name, door in offered.items() if door) | self._library()

    def _library(self) -> frozenset[str]:
        """What the sign-in library's views answer besides: a PUT is a POST to them."""
        return frozenset({"OPTIONS", "PUT"} if self.write else {"OPTIONS"}) if self.options else frozenset()


WORDS = {"words": "看看", "page": "/worklist/", "back": "/worklist/"}
NOTE, TAKE, REPLY, TRANSFER, NONSENSE = ({"action": name} for name in ("note", "take", "reply", "transfer", "nonsense"))
ACTING = {**WORDS, "reply": "已办", "lead": "1"}
LIST = ("tab", "light", "q", "after", "before")
# By hand, not FIELDS of web/sitting.py: what a list newly reads is attacked once it is named here, and a test listens for it.
SITTING = (
    *(
        "holder",
        "returned",
        "idle",
        "reports",
        "ended_since",
        "ended_until",
        "solved",
        "bounced",
        "took",
        "kept",
        "led",
    ),
)
FILTERS = (
    *("q", "stage", "light", "region", "category", "since", "until", "which", "unit", "kind", "channel", "place"),
    *SITTING,
)
# An entry is proved whole: the hash of a paper that stayed inside stands in it; neither its name nor its content.
HASHES = frozenset({"inner file"})
# Things of the world that are no matters, under numbers that `world.py` gives them, and who sees them.
SIGNOFF, SESSION, TOKEN_ID, EXPORT = "9390001", "9390002", "9390003", "matrix-export-key"
ASKER = frozenset({"keeper"})
SIGNOFF_SEEN = frozenset({"keeper", "security officer", "auditor"})
TOKEN_SEEN = frozenset({"keeper", "security officer"})
NO_STAFF = "999999999"
NO_ROUND = "00000000-0000-4000-8000-000000000000"
IMPORT = "matrix-import-key"
CATALOGUE = {"version": "999999999"}
CALL = "73900000-0000-4000-8000-000000000001"
OFFICE, OF_CITY = ({"pk": NO_STAFF},), {"pk": NO_STAFF, "number": NO_STAFF}
NO_PAPER = {"number": "20251118-999999", "step": "999", "code": "reply_slip"}
OFFICES = {"on": "2025-11-18", "version": "1"}
# Every page of figures: which region, which period.
FIGURE = ("region", "period")
# What a page with forms reads besides: a form that waited for its writer to sign in again.
BACK = ("parked",)
