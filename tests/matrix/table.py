"""The one place that says who may open which page and who sees which matter; the tests here are generated from it.

A new address or API call that is missing below fails `test_know_every_route.py`. See README.md for how to add one.
Written down a second time on purpose: nothing here is read out of the program.
"""

from collections.abc import Mapping

from tests.matrix.page import (
    ACCOUNT,
    ACTING,
    ANYONE,
    ASKER,
    BACK,
    CALL,
    CATALOGUE,
    CODE,
    EXPORT,
    FIGURE,
    FILTERS,
    HASHES,
    IMPORT,
    LIST,
    NO_PAPER,
    NO_ROUND,
    NO_STAFF,
    NONSENSE,
    NOTE,
    OF_CITY,
    OFFICE,
    OFFICES,
    OPEN,
    PERSON,
    POST,
    REPLY,
    REPORTER,
    RESIDENT,
    SESSION,
    SIGHT_ALONE,
    SIGNOFF,
    SIGNOFF_SEEN,
    START,
    TAKE,
    TOKEN,
    TOKEN_ID,
    TOKEN_SEEN,
    TRANSFER,
    Page,
)

PAGES: Mapping[str, Page] = {
    # -- the few addresses of no slice
    "healthz": Page(OPEN, fixed=True),
    "readyz": Page(OPEN, fixed=True),
    # From another machine there is no such page (`test_it_tells_its_figures_to_this_machine_alone`).
    "metrics": Page(OPEN, fixed=True, says="404"),
    "start": Page(START, away=True),
    "set_language": Page(write=OPEN, sends={"language": "zh-hans", "next": "/"}, fixed=True),
    "ui:theme": Page(write=OPEN, sends={"theme": "dark", "next": "/"}, fixed=True),
    "ui:styleguide": Page(OPEN, head=False, asks=("sort", "col", "q", "page", "tab"), fixed=True),
    "api:openapi-json": Page(OPEN, fixed=True),
    # -- sign-in: outside of the request's transaction, nothing of matters
    "account_login": Page(OPEN, OPEN, options=True, sends={"login": "nobody", "password": "wrong"}, asks=("next",)),
    "account_logout": Page(OPEN, OPEN, options=True, asks=("next",)),
    "account_signed_out": Page(OPEN, fixed=True),
    "account_inactive": Page(OPEN, options=True, asks=("next",), fixed=True),
    "account_signup": Page(OPEN, fixed=True),
    # -- the second step and the city's identity provider: one's own, after a sign-in; factors change after one more
    "account_change_password": Page(ACCOUNT, ACCOUNT, options=True, asks=("next",)),
    "account_reauthenticate": Page(ACCOUNT, ACCOUNT, options=True, asks=("next",)),
    "mfa_reauthenticate": Page(ACCOUNT, ACCOUNT, options=True, asks=("next",)),
    "mfa_reauthenticate_webauthn": Page(ACCOUNT, ACCOUNT, options=True, asks=("next",)),
    "mfa_index": Page(ACCOUNT, options=True),
    "mfa_authenticate": Page(OPEN, OPEN, options=True, asks=("next",)),
    "mfa_activate_totp": Page(ACCOUNT, ACCOUNT, options=True, asks=("next",)),
    # Nobody in this world has a second step yet: there is nothing to name or to take off (404).
    "mfa_deactivate_totp": Page(ACCOUNT, ACCOUNT, options=True, asks=("next",), says="404"),
    "mfa_add_webauthn": Page(ACCOUNT, ACCOUNT, options=True, asks=("next",)),
    "mfa_login_webauthn": Page(OPEN, OPEN, options=True, asks=("next",)),
    "mfa_edit_webauthn": Page(ACCOUNT, ACCOUNT, args=({"pk": "1"},), options=True, asks=("next",), says="404"),
    "mfa_remove_webauthn": Page(ACCOUNT, ACCOUNT, args=({"pk": "1"},), options=True, asks=("next",), says="404"),
    "mfa_view_recovery_codes": Page(ACCOUNT, options=True, says="404"),
    "mfa_generate_recovery_codes": Page(ACCOUNT, ACCOUNT, options=True, asks=("next",)),
    # The tests' city has no provider: there is no such page.
    "provider_begin": Page(write=OPEN, says="404"),
    "openid_connect_callback": Page(OPEN, asks=("state", "code", "error", "iss"), says="404"),
    # -- what two people do, sessions, tokens, the record: offices without a sight of matters
    "access:signoffs": Page("signoffs", asks=("view", "before")),
    "access:signoff_ask": Page(
        "keep", "keep", args=({"kind": "vault.rotate"}, {"kind": "vault.hold"}), sends={"reason": "例行更换"}
    ),
    "access:signoff": Page("signoffs", args=({"pk": SIGNOFF},), seen_by=SIGNOFF_SEEN),
    "access:signoff_decide": Page(
        write="signoff",
        args=({"pk": SIGNOFF},),
        sends={"do": "approve", "words": "属实"},
        seen_by=SIGNOFF_SEEN,
        away=True,
    ),
    "access:signoff_withdraw": Page(write="signoffs", args=({"pk": SIGNOFF},), seen_by=ASKER, away=True),
    "access:sessions": Page(PERSON),
    "access:sessions_others": Page(write=PERSON, away=True),
    "access:session_end": Page(write=PERSON, args=({"pk": SESSION},), seen_by=frozenset({"handler"}), away=True),
    "access:staff_sessions": Page("sessions", asks=("q",)),
    "access:staff_sessions_end": Page(
        write="sessions", args=({"staff_id": NO_STAFF},), sends={"reason": "lost"}, away=True
    ),
    "access:tokens": Page("tokens", asks=("all", "before")),
    "access:token_issue": Page("token_issue", "token_issue", sends={"who": "M1"}, asks=("who",)),
    "access:token_end": Page(write="tokens", args=({"pk": TOKEN_ID},), seen_by=TOKEN_SEEN, away=True),
    "access:audit": Page("audit"),
    "access:posts": Page(ACCOUNT, ACCOUNT, sends={"post": "1"}),
    # -- files and notices
    "files:attachment": Page(SIGHT_ALONE, about="paper"),
    "files:preview": Page(SIGHT_ALONE, about="picture"),
    "notices:list": Page(POST, asks=("before",)),
    "notices:read": Page(write=POST, sends={"upto": "1"}, away=True),
    # -- matters, for every post
    "matters:list": Page(
        "find",
        head=False,
        asks=(
            *FILTERS,
            *("sort", "after", "before", "col"),
        ),
    ),
    "matters:file": Page(
        "find",
        head=False,
        asks=(
            *FILTERS,
            *("sort", "col", "format"),
        ),
        says="422",
    ),
    "matters:views": Page(
        "find",
        "find",
        asks=(
            *FILTERS,
            *("sort", "col"),
        ),
        sends={"name": "我的", "query": "which=all"},
        away=True,
    ),
    "matters:taken": Page("audit", asks=("before",)),
    "matters:view_drop": Page(write="find", args=({"pk": "1"},), away=True),
    "matters:units": Page(
        "find",
        head=False,
        asks=("field", "kind", "suggested", "id", "lead", "q_lead", "", "q_", "process", "do", "category", "without"),
    ),
    "matters:ground": Page("find", head=False, asks=("ground",)),
    "matters:matter": Page("find", about="matter", head=False, asks=BACK),
    "matters:reveal": Page(write="find", about="matter", sends={"reason": "contact"}, reveals=True),
    "matters:proof": Page("find", about="matter", head=False, tells=HASHES),
    # The doors alone: who sees which paper, and whose name, is in matters/tests/test_page_of_a_paper.py.
    "matters:paper": Page(
        "find", "find", args=(NO_PAPER,), head=False, asks=("was",), sends={"doc_no": "1"}, says="404"
    ),
    "matters:paper_void": Page(write="find", args=(NO_PAPER,), sends={"reason": "字号有误"}, says="404"),
    "matters:paper_name": Page(write="find", args=(NO_PAPER,), sends={"reason": "service"}, says="404"),
    "matters:do": Page(write="find", about="matter", args=(NOTE, TRANSFER), sends=ACTING),
    # -- the desks
    "triage:desk": Page("triage", head=False, asks=("light", "after", "before", *BACK)),
    "triage:matter": Page(
        "triage", "triage", about="matter", head=False, asks=("light", "after", "before", *BACK), sends={"do": "accept"}
    ),
    "triage:take_in": Page(
        "triage", "triage", head=False, sends={"kind": "petition", "channel": "letter", "body": "来信反映地下室漏水"}
    ),
    "triage:file": Page("triage", head=False, asks=("light", "format"), says="422"),
    "triage:unit": Page("triage", about="matter", head=False, asks=("category", "region", "lead", "was", "q_lead")),
    "hotline:desk": Page("desk", head=False, asks=("new",)),
    "hotline:rings": Page("desk", head=False, asks=("ref",)),
    "hotline:look": Page(write="desk", sends={"ref": CALL, "body": "看看"}),
    "hotline:call": Page(
        "desk",
        "desk",
        args=({"ref": CALL},),
        head=False,
        sends={"do": "look"},
        asks=("new",),
        seen_by=frozenset({"operator"}),
    ),
    # Knowledge items and the dispatch catalogue know nothing of matters; this world has neither, so none is found.
    "hotline:knowledge": Page("knowledge_read", head=False, asks=("q", "category", "standing", "after")),
    "hotline:knowledge_new": Page("knowledge", "knowledge", head=False, sends={"title": "看看"}),
    "hotline:knowledge_item": Page(
        "knowledge_read", args=({"code": "none"},), head=False, asks=("version", "saved"), says="404"
    ),
    "hotline:knowledge_edit": Page(
        "knowledge", "knowledge", args=({"code": "none"},), head=False, sends={"title": "看看"}, says="404"
    ),
    "hotline:knowledge_withdraw": Page(write="knowledge", args=({"code": "none"},), sends={"based_on": "1"}),
    "hotline:knowledge_restore": Page(
        write="knowledge", args=({"code": "none"},), sends={"based_on": "1", "version": "1"}
    ),
    "hotline:dispatch": Page("dispatch_read", head=False),
    "hotline:dispatch_load": Page(write="keep", sends={"holds_from": "2025-11-20"}),
    "hotline:dispatch_version": Page(
        "dispatch_read", args=(CATALOGUE,), head=False, asks=("category", "region", "unit", "after"), says="404"
    ),
    "hotline:dispatch_file": Page("dispatch_read", args=(CATALOGUE,), head=False, says="404"),
    "hotline:dispatch_draft": Page(write="keep", args=(CATALOGUE,), sends={"note": "看看"}),
    "hotline:dispatch_trial": Page("keep", args=(CATALOGUE,), head=False, says="404"),
    "hotline:dispatch_live": Page(write="keep", args=(CATALOGUE,), sends={"holds_from": "2025-11-20"}),
    "hotline:dispatch_row_new": Page(
        "keep", "keep", args=(CATALOGUE,), head=False, sends={"category": "housing"}, says="404"
    ),
    "hotline:dispatch_row": Page(
        "keep", "keep", args=({**CATALOGUE, "pk": "1"},), head=False, sends={"category": "housing"}, says="404"
    ),
    "hotline:dispatch_drop": Page(write="keep", args=({**CATALOGUE, "pk": "1"},), sends={"edit": "1"}),
    "worklist:list": Page("worklist", asks=LIST),
    "worklist:file": Page("worklist", head=False, asks=("tab", "light", "q", "format"), says="422"),
    "worklist:matter": Page("worklist", about="matter", asks=(*LIST, *BACK)),
    "worklist:do": Page(write="worklist", about="matter", args=(NOTE, TAKE, NONSENSE), sends=ACTING),
    # A report of one's own grid; what was just reported is taken up at once.
    "grid:today": Page("grid"),
    "grid:report": Page("grid", "grid", sends={"body": "3号楼前窨井盖破损。"}),
    "grid:places": Page("grid", "grid", sends={"latitude": "36.8", "longitude": "118.0"}),
    "grid:place": Page("grid", "grid", args=({"place_id": "1"},), asks=("mark",), says="404"),
    "grid:overview": Page("find", asks=("region",)),
    "keeper:places": Page("keep", asks=("q", "kind", "region", "closed", "after")),
    "keeper:place_add": Page("keep", "keep", sends={"name": "世纪花园小区"}),
    "keeper:place": Page("keep", "keep", args=({"place_id": "1"},), says="404"),
    "keeper:place_close": Page(write="keep", args=({"place_id": "1"},)),
    "keeper:place_restore": Page(write="keep", args=({"place_id": "1"},)),
    "keeper:place_sign": Page("keep", args=({"place_id": "1"},), says="404"),
    "grid:ask": Page("grid"),
    "grid:matter": Page("grid", about="matter", asks=BACK),
    "grid:do": Page(write="grid", about="matter", args=(NOTE, NONSENSE), sends=ACTING),
    "checks:desk": Page("checks", asks=("light", "q", "after", "before")),
    "checks:file": Page("checks", head=False, asks=("light", "q", "format"), says="422"),
    "checks:matter": Page("checks", about="matter", asks=("light", "q", "after", "before", *BACK)),
    "checks:check": Page(
        write="checks", about="matter", sends={"way": "phone", "words": "属实", "result": "check_pass"}
    ),
    "checks:do": Page(write="checks", about="matter", args=(NOTE,), sends=ACTING),
    # -- the keeper's rules: processes, categories, the calendar
    "keeper:processes": Page("keep", "keep", sends={"note": "试"}),
    "keeper:process": Page("keep", "keep", args=({"code": "request"},), sends={"note": "试"}),
    "keeper:process_version": Page(
        "keep", "keep", args=({"code": "request", "version": "3"},), sends={"holds_from": "2030-01-01"}
    ),
    "keeper:process_trial": Page("keep", args=({"code": "request", "version": "3"},)),
    "keeper:process_file": Page("keep", args=({"code": "request", "version": "3"},)),
    "keeper:categories": Page("keep", "keep", sends={"do": "add"}),
    "keeper:category": Page("keep", "keep", args=({"code": "housing.property-fees"},), sends={"do": "withdraw"}),
    "keeper:categories_file": Page("keep", args=({"form": "csv"},)),
    "keeper:calendar": Page("keep", "keep", sends={"do": "trial", "hours": "08:30-12:00"}, asks=("year",)),
    # -- assessment: no round is there, so whoever gets in is told that there is none
    "assessment:rounds": Page("rounds"),
    "assessment:board": Page("rounds", args=({"pk": NO_STAFF},), says="404"),
    "assessment:move": Page("rounds", "rounds_lead", args=({"pk": NO_STAFF},), sends={"do": "join"}, away=True),
    "assessment:compute": Page("rounds", "rounds_lead", args=({"pk": NO_STAFF},), away=True),
    "assessment:sign": Page("rounds", "rounds", args=({"pk": NO_STAFF},), sends={"project": "system"}, away=True),
    "assessment:duties": Page("rounds_lead", "rounds_lead", args=({"pk": NO_STAFF},), says="404"),
    "assessment:claims": Page("rounds", "rounds", args=({"pk": NO_STAFF},), says="404"),
    "assessment:item": Page("rounds", "rounds_fill", args=({"pk": NO_STAFF, "key": "solution_rate"},), says="404"),
    "assessment:sent": Page("rounds", args=({"pk": NO_STAFF},), says="404"),
    **{
        f"assessment:{name}": Page("rounds", "rounds_lead", args=({"pk": NO_STAFF},), away=True)
        for name in ("pack", "send")
    },
    "assessment:letter": Page("rounds_lead", args=({"pk": NO_STAFF, "letter_id": NO_STAFF},), head=False, says="404"),
    "assessment:objections": Page("rounds", "rounds_lead", args=({"pk": NO_STAFF},), asks=("about",), says="404"),
    "assessment:findings": Page("rounds", "rounds_lead", args=({"pk": NO_STAFF},), says="404"),
    "assessment:evidence": Page(
        "rounds", "archive_file", args=({"pk": NO_STAFF, "key": "solution_rate"},), sends={"evidence": "0"}, away=True
    ),
    # -- for the levels above: in a city nobody has these roles; the world lends them to two posts
    "assessment:upper_new": Page("rounds_organise", "rounds_organise", sends={"name": "试评"}),
    **dict.fromkeys(("assessment:upper", "assessment:upper_visits"), Page("rounds_upper")),
    "assessment:upper_ties": Page("rounds_upper", "rounds_upper", sends={"region": "3703"}),
    **{f"assessment:upper_{name}": Page("rounds_upper", args=OFFICE, says="404") for name in ("board", "compare")},
    **{
        f"assessment:upper_{name}": Page("rounds_upper", "rounds_upper", args=OFFICE, away=True)
        for name in ("member", "step")
    },
    "assessment:upper_send": Page("rounds_upper", "rounds_organise", args=OFFICE, away=True),
    "assessment:upper_publish": Page("rounds_upper", "rounds_centre", args=OFFICE, away=True),
    "assessment:upper_file": Page("rounds_upper", args=OFFICE, head=False, asks=("format",), says="404"),
    "assessment:upper_city": Page("rounds_upper", args=OFFICE, asks=("only",), says="404"),
    "assessment:upper_visit": Page(
        "rounds_upper", "rounds_upper", args=OFFICE, asks=("key", "place", "region"), says="404"
    ),
    **{
        f"assessment:upper_{name}": Page("rounds_upper", "rounds_centre", args=OFFICE, says="404")
        for name in ("spot", "city_spot")
    },
    "assessment:upper_figure": Page(
        "rounds_upper", args=({"pk": NO_STAFF, "key": "none"},), asks=("region",), says="404"
    ),
    "assessment:upper_behind": Page(
        "rounds_upper", args=({"pk": NO_STAFF, "key": "none"},), asks=("after", "region"), says="404"
    ),
    "assessment:upper_matter": Page("rounds_upper", args=({"pk": NO_STAFF, "number": "N-1"},), says="404"),
    **{
        f"assessment:upper_{name}": Page("rounds_upper", "rounds_upper", args=(OF_CITY,), away=True)
        for name in ("finding", "objection")
    },
    "assessment:upper_item": Page("rounds_upper", "rounds_upper", args=({"pk": NO_STAFF, "key": "none"},), says="404"),
    # -- figures: the same for everybody in sight of a region; a unit, a wish and an exclusion that aren't there
    "figures:list": Page("figures", asks=(*FIGURE, "project", "words", "col")),
    "figures:list_file": Page("figures", head=False, asks=(*FIGURE, "project", "words", "format"), says="422"),
    "figures:index": Page("figures", asks=(*FIGURE, "index", "tree_on")),
    "figures:index_file": Page("figures", head=False, asks=(*FIGURE, "index", "tree_on", "format"), says="422"),
    "figures:regions": Page("figures", asks=(*FIGURE, "index")),
    "figures:regions_file": Page("figures", head=False, asks=(*FIGURE, "index", "format"), says="422"),
    "figures:report": Page("figures", head=False, asks=(*FIGURE, "format"), says="422"),
    "figures:sheet": Page("figures", asks=FIGURE),
    "figures:unit": Page("figures", args=({"unit_id": NO_STAFF},), asks=("period",), says="404"),
    "figures:compare": Page("figures", asks=(*FIGURE, "first")),
    "figures:indicator": Page("figures", args=({"key": "solution_rate"},), asks=(*FIGURE, "tree_on")),
    "figures:indicator_file": Page(
        "figures", args=({"key": "solution_rate"},), head=False, asks=(*FIGURE, "format"), says="422"
    ),
    "figures:records": Page("figures", args=({"key": "solution_rate"},), asks=(*FIGURE, "only", "after")),
    "figures:entries": Page("figures_enter"),
    "figures:entry": Page(
        "figures_enter",
        "figures_enter",
        args=({"key": "no_such_figure"},),
        sends={"numerator": "1"},
        asks=FIGURE,
        says="422",
    ),
    "figures:entry_late": Page(write="figures_enter", args=({"key": "no_such_figure"},), sends={"words": "材料晚到"}),
    "figures:permits": Page("figures_decide"),
    "figures:permit": Page(write="figures_decide", args=({"pk": NO_STAFF},), sends={"reason": "同意", "do": "decline"}),
    "figures:exclusions": Page("figures", asks=(*FIGURE, "state", "key", "after")),
    "figures:exclusion_new": Page(
        "figures_contest",
        "figures_contest",
        sends={"month": "2025-10", "words": "不归本单位"},
        asks=("number", "key", "period", *BACK),
    ),
    "figures:exclusion": Page("figures", args=({"pk": NO_STAFF},), says="404"),
    "figures:exclusion_withdraw": Page(write="figures_contest", args=({"pk": NO_STAFF},)),
    "figures:exclusion_decide": Page(
        write="figures_decide", args=({"pk": NO_STAFF},), sends={"reason": "属实", "do": "grant"}
    ),
    # -- creation drives: none is there; titles are everybody's
    "drives:list": Page("drives"),
    "drives:new": Page("drives_open", "drives_open", sends={"name": "平安小区创建", "sample": "safe_school"}),
    "drives:sample": Page("drives", args=({"code": "safe_school"},), head=False),
    "drives:one": Page("drives", args=OFFICE, asks=("state", "after"), says="404"),
    "drives:file": Page("drives", args=OFFICE, head=False, asks=("format", "state"), says="422"),
    "drives:begin": Page(write="drives_apply", args=OFFICE, sends={"place": "1"}),
    "drives:close": Page(write="drives_open", args=OFFICE),
    "drives:application": Page("drives", args=OFFICE, says="404"),
    "drives:answers": Page(
        write="drives_apply", args=OFFICE, sends={"met_fire_lane": "yes", "words_fire_lane": "畅通"}
    ),
    **{f"drives:{name}": Page(write="drives_apply", args=OFFICE) for name in ("step", "evidence")},
    "drives:decide": Page(write="drives_decide", args=OFFICE, sends={"do": "grant"}),
    "drives:visit": Page(
        "drives_visit", "drives_visit", args=OFFICE, sends={"item": "gate"}, asks=("item",), says="404"
    ),
    "drives:paper": Page("drives", args=OFFICE, head=False, asks=("format",), says="404"),
    "drives:hear": Page(write="drives_decide", args=OFFICE, sends={"ground": "checklist"}),
    "drives:statement": Page(write="drives_apply", args=OFFICE, sends={"statement": "已整改"}),
    "drives:heard": Page(write="drives_decide", args=OFFICE, sends={"do": "withdraw"}),
    "drives:titles": Page(OPEN, asks=("q", "title", "region", "after", "col"), fixed=True),
    "drives:titles_file": Page(OPEN, head=False, asks=("q", "title", "region", "format"), fixed=True, says="422"),
    # -- the archive: what hangs on matters goes by their sight; an object that isn't there
    "archive:list": Page("archive", asks=("q", "year", "project", "type", "source", "key", "state", "after", "col")),
    "archive:list_file": Page(
        "archive", head=False, asks=("q", "year", "project", "type", "source", "key", "state", "format"), says="422"
    ),
    "archive:completeness": Page("archive", asks=("region", "year", "project", "only", "key")),
    "archive:completeness_file": Page(
        "archive", head=False, asks=("region", "year", "project", "only", "key", "format"), says="422"
    ),
    "archive:new": Page(
        "archive_file", "archive_file", sends={"title": "议事会纪要"}, asks=("key", "title", "place", *BACK)
    ),
    "archive:object": Page("archive", args=({"pk": NO_STAFF},), asks=("filed",), says="404"),
    "archive:open": Page(write="archive", args=({"pk": NO_STAFF},), sends={"why": "review"}),
    "archive:describe": Page(
        write="archive_file", args=({"pk": NO_STAFF},), sends={"title": "纪要", "type": "minute", "project": "system"}
    ),
    "archive:use": Page(write="archive_file", args=({"pk": NO_STAFF},), sends={"key": "solution_rate"}),
    "archive:proof": Page("archive", args=({"pk": NO_STAFF},), head=False, says="404"),
    "oversight:start": Page("oversight", asks=("region",)),
    "oversight:wall": Page("oversight", asks=("region",)),
    "oversight:table": Page("oversight", args=({"dimension": "region"}, {"dimension": "unit"}), asks=("region",)),
    "oversight:table_file": Page(
        "oversight", args=({"dimension": "region"},), head=False, asks=("region", "format"), says="422"
    ),
    "oversight:bounced": Page("oversight", asks=("region",)),
    "oversight:bounced_file": Page("oversight", head=False, asks=("region", "format"), says="422"),
    "oversight:roll": Page(
        "oversight",
        args=({"which": "problems"}, {"which": "duties"}, {"which": "cleared"}),
        asks=(*FILTERS, "after", "before"),
    ),
    "oversight:roll_print": Page("oversight", args=({"which": "duties"},), asks=FILTERS),
    "oversight:roll_file": Page("oversight", args=({"which": "duties"},), head=False, asks=("format",), says="422"),
    "oversight:ontime": Page("oversight", asks=("region", "since", "unit")),
    "oversight:ontime_print": Page("oversight", asks=("region",)),
    "oversight:ontime_file": Page("oversight", head=False, asks=("region", "format"), says="422"),
    "oversight:posts": Page("oversight", asks=("unit",)),
    "oversight:post": Page("oversight", "oversight", args=({"pk": NO_STAFF},), sends={"to": "1"}, says="404"),
    # -- the keeper: units and posts in the own place; the world's keeper has none of this number
    "keeper:home": Page("keep"),
    "keeper:units": Page("keep", asks=("q", "kind", "code", "only", "after")),
    "keeper:unit_new": Page("keep", "keep", sends={"kind": "mediation", "name": "某调解室", "region": "1", "on": "x"}),
    **{
        f"keeper:unit{one}": Page("keep", "keep", args=OFFICE, sends=OFFICES, says="404") for one in ("_edit", "_close")
    },
    "keeper:unit": Page("keep", args=OFFICE, says="404"),
    "keeper:post": Page("keep", args=OFFICE, says="404"),
    **{
        f"keeper:post_{one}": Page("keep", "keep", args=OFFICE, sends=OFFICES, says="404")
        for one in ("new", "title", "change", "appoint", "vacate", "close")
    },
    "keeper:admission": Page("keep"),
    # -- what goes out of the city: its channels are a keeper's, how a post hears of steps is the post's own
    "notices:channels": Page("keep", asks=("before",)),
    "notices:retry": Page(write="keep", sends={"channel": "mail"}),
    "notices:test": Page(write="keep", sends={"channel": "mail"}),
    "notices:templates": Page("keep"),
    "notices:addresses": Page("keep", "keep", sends={"unit": "x", "email": "a@b.example"}, asks=("after",)),
    # The city's own keeper alone; the world's is a county's.
    "notices:subscriptions": Page("keep", "keep", sends={"name": "x", "url": "http://127.0.0.1/"}, says="403"),
    "notices:subscription": Page("keep", "keep", args=OFFICE, sends={"do": "show"}, says="403"),
    "notices:own": Page("post", "post", sends={"mode-matters.dispatch": "digest"}),
    "keeper:admission_new": Page("keep", "keep", sends={"item": "某证明", "level": "grid", "ground": ""}),
    "keeper:admission_end": Page("keep", "keep", args=OFFICE, sends=OFFICES, says="404"),
    # -- exports: one's own, for whom the supervisor of the world asked
    "exports:list": Page("export"),
    "exports:ask": Page("export", "export", sends={"since": "2025-11-01", "until": "2025-11-18", "format": "csv"}),
    "exports:download": Page(
        "export", args=({"key": EXPORT},), head=False, seen_by=frozenset({"supervisor"}), says="409"
    ),
    "exports:cancel": Page(write="export", args=({"key": EXPORT},), seen_by=frozenset({"supervisor"}), away=True),
    # -- letters between platforms: no matter, no person
    "letters:list": Page("letters", "letters", asks=("way", "before")),
    "letters:file": Page("letters", args=({"letter_id": "1"},), head=False, says="404"),
    "letters:again": Page(write="letters", args=({"letter_id": "1"},)),
    "letters:peers": Page("letters"),
    "letters:peer_new": Page("letters", "letters", sends={"code": "37", "name": "省", "keys": "x", "reason": "x"}),
    "letters:peer_withdraw": Page(write="letters", sends={"code": "37", "reason": "x"}),
    # -- the keeper's regions: names and counts, the same for every keeper
    "keeper:regions": Page("keep", asks=("on", "month")),
    "keeper:region": Page("keep", args=({"region_id": "1"},), asks=("on", "month")),
    "keeper:region_change": Page(
        "keep", "keep", args=({"region_id": "3", "do": "rename"},), sends={"on": "2031-01-01", "name": "新名"}
    ),
    "keeper:region_plan": Page("keep", "keep", sends={"do": "look"}),
    "keeper:region_changes": Page("keep", asks=("before",)),
    "keeper:region_undo": Page("keep", "keep", args=({"number": "1"},), sends={"on": "2031-01-01"}, says="404"),
    "keeper:shapes": Page("keep", "keep", sends={"datum": "WGS84"}),
    "keeper:shapes_found": Page("keep", "keep", sends={"holds_from": "2031-01-01"}, says="404"),
    # -- imports: one's own, which the keeper of the world brought
    "imports:list": Page("import", "import", sends={"subject": "matters", "source": "旧系统"}),
    "imports:one": Page("import", "import", args=({"key": IMPORT},), seen_by=ASKER, sends={"do": "start"}),
    "imports:step": Page(write="import", args=({"key": IMPORT},), seen_by=ASKER, sends={"do": "drop"}, away=True),
    "imports:rejects": Page("import", args=({"key": IMPORT, "form": "csv"},), head=False, seen_by=ASKER, says="409"),
    # -- published seals: the same for everybody
    "seals:now": Page(OPEN, asks=("before",), fixed=True),
    "seals:head": Page(OPEN, args=({"number": "1"},), fixed=True),
    "seals:head_file": Page(OPEN, args=({"number": "1"},), fixed=True),
    "seals:keys_file": Page(OPEN, fixed=True),
    "seals:week": Page(OPEN, asks=("week",), fixed=True),
    "seals:check": Page(OPEN, OPEN, sends={"file": "a text"}, fixed=True),
    # -- draws: the same for everybody but posts that draw, whose lists aren't kept back from them
    "drawn:list": Page(OPEN, asks=("before",), fixed=True),
    "drawn:one": Page(OPEN, OPEN, args=({"number": "1"},), sends={"nonce": "a" * 64}),
    "drawn:file": Page(OPEN, args=({"number": "1"},), says="409"),
    "drawn:redo": Page(OPEN, OPEN, sends={"file": "a text"}, fixed=True),
    "drawn:nonce": Page(OPEN, OPEN),
    # -- packs of other cities, judged for everybody
    "packs:check": Page(OPEN, OPEN, sends={"file": "a text"}, fixed=True),
    # -- residents
    "intake:home": Page(OPEN),
    "intake:report": Page(OPEN, OPEN, sends={"body": "路灯不亮，已经两天了。"}),
    "intake:done": Page(OPEN, away=True),
    "intake:places": Page(OPEN, asks=("parent",)),
    "intake:follow": Page(OPEN, OPEN, sends={"number": "20251118-000001", "code": "AAAA-AAAA"}, asks=("number",)),
    "intake:mine": Page(REPORTER, about="matter"),
    "intake:rate": Page(OPEN, REPORTER, about="matter", sends={"solved": "yes"}, away=True),
    "intake:add": Page(OPEN, REPORTER, about="matter", sends={"words": "补充一句"}, away=True),
    "intake:appeal": Page(OPEN, REPORTER, about="matter", sends={"words": "请求复查"}, away=True),
    "intake:urge": Page(OPEN, REPORTER, about="matter", away=True),
    "intake:withdraw": Page(OPEN, REPORTER, about="matter", sends={"words": "不用了"}, away=True),
    # As above: intake/tests/test_read_my_papers.py.
    "intake:paper": Page(RESIDENT, args=({"number": "20251118-999999", "step": "999"},), says="404"),
    "intake:proof": Page(REPORTER, about="matter", tells=HASHES),
    "intake:data": Page(REPORTER, about="matter", asks=("after",)),
    "intake:copy": Page(REPORTER, REPORTER, about="matter", reveals=True, confirms=True),
    "intake:correct": Page(REPORTER, REPORTER, about="matter", sends={"name": "王更正"}, confirms=True, away=True),
    "intake:consent": Page(REPORTER, REPORTER, about="matter", confirms=True, away=True),
    "intake:erase": Page(REPORTER, REPORTER, about="matter", sends={"what": "contact"}, confirms=True, away=True),
    "intake:all_mine": Page(RESIDENT, asks=("after",)),
    "intake:all_data": Page(RESIDENT, asks=("after",)),
    # The tests' city sends no text messages: there is no such page.
    "intake:phone": Page(OPEN, OPEN, sends={"do": "send", "phone": "13800138000"}, says="404"),
    "intake:leave": Page(write=OPEN),
    "intake:privacy": Page(OPEN),
    "intake:public": Page(OPEN, asks=("region", "category", "state", "after", "before")),
}

CALLS: Mapping[str, Page] = {
    # -- the API, by the names of its functions
    "api:matters_list": Page(
        TOKEN,
        head=False,
        asks=(
            *("stage", "unit_id", "part", "region_code", "category", "light", "words", "reported_from", "reported_to"),
            *("open_only", "sort", "after", "size", "kind", "channel", "place"),
        ),
    ),
    "api:matter_card": Page(TOKEN, about="matter", head=False),
    "api:matter_timeline": Page(TOKEN, about="matter", head=False),
    "api:matter_files": Page(TOKEN, about="matter", head=False),
    "api:matter_act": Page(write=TOKEN, about="matter", args=(NOTE, REPLY), sends={"words": "看看"}),
    "api:matter_attach": Page(write=TOKEN, about="matter", sends={"files": "a file"}),
    "api:matter_contact": Page(write=TOKEN, about="matter", sends={"reason": "contact"}, reveals=True),
    # Figures have no sight of matters beside the records, which go by the matters' own policy: who decides and who sees
    # which contested count is in indicators/tests/test_contest_a_count.py, which figure in test_read_the_figures.py.
    "api:figures": Page("figures", head=False, asks=("period", "region_code"), says="422"),
    "api:figure": Page("figures", args=({"key": "none"},), head=False, asks=("period", "region_code"), says="422"),
    "api:figure_records": Page(
        "figures", args=({"key": "none"},), head=False, asks=("period", "region_code", "after"), says="422"
    ),
    "api:index": Page(
        "figures", args=({"code": "none"},), head=False, asks=("period", "region_code", "tree_on"), says="422"
    ),
    "api:figure_report": Page("figures", head=False, asks=("period", "region_code", "format"), says="422"),
    "api:figures_owed": Page("figures", head=False),
    "api:figure_enter": Page(
        write="figures_enter", args=({"key": "none"},), sends={"period": "2025-10", "numerator": 1, "files": "a file"}
    ),
    "api:permit_ask": Page(
        write="figures_enter", args=({"key": "none"},), sends={"period": "2025-10", "words": "停电"}
    ),
    "api:permit_decide": Page(write="figures_decide", args=OFFICE, sends={"reason": "属实"}),
    "api:exclusions": Page("figures", head=False, asks=("key", "state", "after")),
    "api:exclusion_ask": Page(
        write="figures_contest",
        sends={"number": "x", "key": "x", "month": "2025-11", "ground": "x", "words": "x", "files": "a file"},
    ),
    "api:exclusion_withdraw": Page(write="figures_contest", args=OFFICE),
    "api:exclusion_decide": Page(write="figures_decide", args=OFFICE, sends={"grant": True, "reason": "属实"}),
    "api:exclusion_revise": Page(write="figures_decide", args=OFFICE, sends={"reason": "证据不足"}),
    "api:units": Page(TOKEN, head=False, asks=("text", "region_code")),
    "api:regions": Page(ANYONE, head=False, asks=("code", "text")),
    "api:categories": Page(ANYONE, head=False, fixed=True),
    "api:grounds": Page(ANYONE, head=False, fixed=True),
    "api:kind": Page(ANYONE, head=False, args=({"code": "request"},), fixed=True),
    "api:report": Page(write=ANYONE, sends={"body": "路灯不亮，已经两天了。"}),
    "api:rounds": Page("rounds", head=False),
    "api:round_whole": Page("rounds", head=False, args=({"uid": NO_ROUND},), says="404"),
    "api:round_city": Page("rounds", head=False, args=({"uid": NO_ROUND, "code": "3703"},), says="404"),
    "api:round_results": Page("rounds", head=False, args=({"uid": NO_ROUND},), says="404"),
    "api:drive_titles": Page(ANYONE, head=False, asks=("after", "code", "region"), fixed=True),
    "api:draws": Page(ANYONE, head=False, asks=("before",), fixed=True),
    "api:draw": Page(ANYONE, head=False, args=({"number": "1"},)),
    "api:draw_file": Page(ANYONE, head=False, args=({"number": "1"},), says="409"),
    "api:seal_now": Page(ANYONE, head=False, fixed=True),
    "api:seal_heads": Page(ANYONE, head=False, asks=("before", "limit"), fixed=True),
    "api:seal_keys": Page(ANYONE, head=False, fixed=True),
    "api:seal_epochs": Page(ANYONE, head=False, fixed=True),
    # Without its three parameters: 422.
    "api:seal_consistency": Page(ANYONE, head=False, asks=("epoch", "old", "new"), fixed=True, says="422"),
    # Unsigned: refused, whoever sends it.
    # Without the exchange's signature nobody rings, whoever it is.
    "api:call_ring": Page(write=ANYONE, sends={"event": "1", "extension": "8001", "number": "13812345678"}, says="401"),
    "api:readings": Page(CODE, about="matter", head=False, asks=("after",)),
    "api:follow": Page(CODE, about="matter", head=False),
    "api:attach": Page(write=CODE, about="matter", sends={"files": "a file"}),
    "api:verdict": Page(write=CODE, about="matter", sends={"solved": True}),
    "api:withdraw": Page(write=CODE, about="matter", sends={"words": "不用了"}),
    "api:note": Page(write=CODE, about="matter", sends={"words": "补充一句"}),
}

IS_NO_PAGE = {
    "api:api-root": "a name for the folder that the API's calls lie in; answers 404 itself",
    "security_txt": "a file for whoever has found a weakness; answers 404 while the city names no contact",
}
