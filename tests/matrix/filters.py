"""Every function of the program that decides by who acts; the filters among them can be switched off together.

`test_hold_without_python.py` reads the program for such functions: one that is in neither list fails it.
"""

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import pytest

# What stands in a filter's place. The code alone is exchanged, so whoever imported the function by name gets it too, and
# the names in it are those of the filter's own module.
# ruff: noqa: F821
# mypy: disable-error-code="name-defined, no-untyped-def"


def _lets_everybody_in(actor, role, feature): ...


def _anybody(request):
    return getattr(request, "actor", ANYONE)


def _anybody_by_method(self, request):
    return getattr(request, "actor", ANYONE)


def _passes_on(self, request):
    return self.get_response(request)


def _allows_every_action(case, action): ...


def _allows_every_finder(case, action, roles): ...


def _yes(matter, actor):
    return True


def _never(matter, actor):
    return False


def _shows_every_entry(row, kind, remarks, for_reporter):
    return True


def _all_remarks(rows, for_reporter):
    return {(row.step, row.part): row.text for row in rows}


def _all_attachments(rows, for_reporter):
    return rows


def _all_matters(wanted, now):
    return Matter.objects.all()


def _by_no_way(wanted, actor):
    return [("any", "", "")]


def _all_notices(unit_id, role, before=None):
    return [
        NoticeRow(row.pk, row.subject_id, text_of(row.text), row.params, row.created_at, row.read_at is None)
        for row in Notice.objects.order_by("-id")[:PAGE]
    ]


def _all_unread(unit_id, role):
    return Notice.objects.count()


def _marks_all_read(*, unit_id, role, upto, now):
    return Notice.objects.update(read_at=now)


def _any_unit(request):
    return 0, ""


def _by_number_alone(request, number):
    actor = resident(request)
    matter_id = queries.matter_id_of_number(number)
    if matter_id is None:
        raise NoSuchMatter("没有找到这件事项。")
    return matter_id, actor


def _checks_nothing(body, actor): ...


def _no_reporter_needed(actor): ...


def _always_needs(matter, actor, *, has_open_share):
    return True


def _may_always_reach(matter, actor, shares):
    return True


def _anybodys_matter(matter_id, actor):
    return lock_matter(matter_id)


def _all_numbers(actor, matter_id, *, with_parts=False):
    rows = Matter.objects.all()
    if matter_id is not None:
        rows = rows.filter(pk=matter_id)
    return dict(rows.values_list("pk", "number"))


def _any_rights(matter_id, actor):
    matter = Matter.objects.filter(pk=matter_id).first()
    if matter is None:
        return None
    return RightsState(
        matter_id=matter.pk,
        number=matter.number,
        title=matter.title,
        is_open=matter.ended_at is None,
        due_at=matter.due_at,
        public_consent=matter.public_consent,
        has_contact=bool(vault.parts_kept("matter", matter.pk)),
        is_erased=False,
        asked="",
    )


def _rights_by_number_alone(request, number):
    actor = resident(request)
    matter_id = queries.matter_id_of_number(number)
    state = queries.rights_state(matter_id, actor) if matter_id is not None else None
    if state is None:
        raise NoSuchMatter("没有找到这件事项。")
    return state, actor


def _confirms_everybody(request, state, actor, form):
    return actor


def _any_export(key, actor):
    row = Export.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise _missing()
    return row


def _all_exports(actor, now):
    return [_row(row, now) for row in Export.objects.order_by("-pk")[:MOST]]


def _any_upload(key, actor, *states):
    row = Upload.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise _missing()
    if states and row.state not in states:
        raise UploadMovedOn("这次导入已经往下走了。")
    return row


def _all_uploads(actor):
    return Upload.objects.all()


SWITCHED_OFF: Mapping[str, Callable[..., Any]] = {
    "shanzhi.kernel.access.policy:check_may": _lets_everybody_in,
    "shanzhi.kernel.access.web.auth:anyone": _anybody,
    "shanzhi.kernel.access.web.auth:StaffToken.__call__": _anybody_by_method,
    "shanzhi.kernel.access.web.errors:ErrorMiddleware.__call__": _passes_on,
    "shanzhi.kernel.matters.policy.process.rules:_check": _allows_every_action,
    "shanzhi.kernel.matters.policy.process.rules:_check_separation": _allows_every_action,
    "shanzhi.kernel.matters.policy.process.rules:_check_finder": _allows_every_finder,
    "shanzhi.kernel.matters.operations.standing:is_intake": _yes,
    "shanzhi.kernel.matters.operations.standing:_is_elsewhere": _never,
    "shanzhi.kernel.matters.queries.card:_is_shown": _shows_every_entry,
    "shanzhi.kernel.matters.queries.card:_remarks": _all_remarks,
    "shanzhi.kernel.matters.queries.card:_attachments": _all_attachments,
    "shanzhi.kernel.matters.queries.finding:_filtered": _all_matters,
    "shanzhi.kernel.matters.queries.finding:_ways": _by_no_way,
    "shanzhi.kernel.notices.queries.read:notices_for": _all_notices,
    "shanzhi.kernel.notices.queries.read:count_unread": _all_unread,
    "shanzhi.kernel.notices.operations.writing:notices_mark_read": _marks_all_read,
    "shanzhi.kernel.notices.web.views:_unit_and_role": _any_unit,
    "shanzhi.modules.intake.web.mine:_find": _by_number_alone,
    "shanzhi.modules.intake.web.api:_check_token": _checks_nothing,
    "shanzhi.kernel.matters.operations.rights:_own": _anybodys_matter,
    "shanzhi.kernel.matters.operations.upkeep:needs_reporter": _always_needs,
    "shanzhi.kernel.matters.queries.card:_may_reach": _may_always_reach,
    "shanzhi.kernel.matters.queries.rights:_own": _all_numbers,
    "shanzhi.kernel.matters.queries.rights:rights_state": _any_rights,
    "shanzhi.kernel.vault.operations.own:_check_reporter": _no_reporter_needed,
    "shanzhi.modules.exports.operations:_own": _any_export,
    "shanzhi.modules.exports.queries:my_exports": _all_exports,
    "shanzhi.modules.imports.uploads:_own": _any_upload,
    "shanzhi.modules.imports.queries:_mine": _all_uploads,
    "shanzhi.modules.intake.web.rights:_state": _rights_by_number_alone,
    "shanzhi.modules.intake.web.rights:_confirmed": _confirms_everybody,
}

_WHO = "says who acts; the database is held to what it says"
_WRITES = "writes who did it, decides nothing"
_ASKS = "asks check_may, which is switched off"
_OFFICE = (
    "sessions, tokens and sign-offs, nothing of matters: held by policies and triggers of their own (kernel/access)"
)
_PUBLIC = "units and posts, public by nature, by a row's own unit; who may change them is held by policies (kernel/access 0008)"
_VIEWS = "names and addresses of lists, nothing of matters: held by the policy view_own (test_save_a_view.py)"
_CALLS = "calls of one's own desk, nothing of matters: held by the policy of hotline_call"
_RULES = "the city's rules, nothing of matters: held by the policies rules_keep (test_keep_processes.py)"
_GOING_OUT = "where notices go and how they went, nothing of matters: held by the policies of notices_… (test_keep_the_channels.py)"
_FIGURES = (
    "figures, permits and contested counts, nothing of matters: held by the policies of indicators_… (indicators/tests)"
)
_ROUNDS = "of a round and its cities, nothing of matters: held by the policies and triggers of rounds_… (kernel/rounds 0001, 0002)"
_DRIVES = "of a drive and its applications, nothing of matters: held by the policies and triggers of drives_… (modules/drives 0001)"
DECIDES_OTHERWISE: Mapping[str, str] = {
    "shanzhi.kernel.rounds.operations._common:author_of": _WRITES,
    **{
        f"shanzhi.kernel.rounds.operations.{module}:{name}": _ROUNDS
        for module, names in {
            "_common": ("check_place",),
            "_scores": ("score_put",),
            "_upper": ("check_assesses",),
            "deciding": ("objection_decide", "practice_name", "results_publish", "spot_checked"),
            "handing": ("pack_ask", "pack_send"),
            "claiming": ("_claiming", "_put"),
            "duties": ("duty_give",),
            "marking": ("_led", "city_return", "item_mark", "look_keep"),
            "moving": ("city_move", "city_out", "compute_ask"),
            "opening": ("round_open", "round_take_over"),
            "sending": ("round_letters_ask", "slip_ask"),
            "signing": ("_check_not_own", "_sign", "_signing"),
            "slips": ("finding_take", "objection_make", "slip_read"),
            "spot": ("cities_draw", "city_draw"),
            "teams": ("member_end", "member_name", "tie_declare"),
            "visits": ("finding_close", "finding_make", "visit_keep"),
            "writing": ("check_fills", "item_write"),
        }.items()
        for name in names
    },
    **{f"shanzhi.kernel.rounds.queries.city:{name}": _ROUNDS for name in ("_owed", "leads", "owed")},
    **{f"shanzhi.kernel.rounds.queries.upper_city:{name}": _ROUNDS for name in ("_marks", "my_visits")},
    **{
        f"shanzhi.modules.assessment.web.{module}:{name}": _ASKS
        for module in ("asking", "upper_forms")
        for name in ("check", "may")
    },
    **{f"shanzhi.modules.assessment.web.city:{name}": _ROUNDS for name in ("_own", "_project", "_signs_whole")},
    **{f"shanzhi.modules.assessment.web.city_item:{name}": _ROUNDS for name in ("_is_theirs", "_warned")},
    "shanzhi.modules.assessment.web.upper:board": _ROUNDS,
    "shanzhi.modules.assessment.web.api:_check": _ASKS,
    **{
        f"shanzhi.kernel.draws.operations.{name}": "of a draw, not of a matter: whether the post may draw, and who signs"
        for name in (
            "announcing:_keep",
            "announcing:draw_announce",
            "announcing:draw_publish",
            "announcing:draw_withdraw",
            "making:draw_show",
        )
    },
    **{f"shanzhi.modules.archive.web.said:{name}": _ASKS for name in ("check", "may")},
    **{f"shanzhi.modules.drives.web.asking:{name}": _ASKS for name in ("check", "may")},
    "shanzhi.modules.drives.operations._common:author_of": _WRITES,
    **{
        f"shanzhi.modules.drives.{module}:{name}": _DRIVES
        for module, names in {
            "operations._common": ("check", "check_applicant", "check_decider", "check_within"),
            "operations.applying": ("_answer", "application_begin"),
            "operations.deciding": ("_check_apart", "_granted"),
            "operations.hearing": ("hearing_open",),
            "operations.opening": ("drive_open",),
            "operations.visiting": ("check_may_visit", "look_keep"),
            "queries.lists": ("due",),
            "web.applying": ("draw",),
            "web.drives": ("_due_url", "new", "page"),
        }.items()
        for name in names
    },
    **{
        f"shanzhi.kernel.evidence.operations.{name}": _WRITES
        for name in ("_common:author_of", "putting:_write", "putting:evidence_put")
    },
    **{
        f"shanzhi.kernel.evidence.operations.putting:{name}": _ASKS
        for name in ("evidence_describe", "evidence_open", "use_add", "use_end")
    },
    **{f"shanzhi.modules.figures.web.asked:{name}": _ASKS for name in ("check", "may")},
    "shanzhi.modules.figures.web.lists:page": "the address of one's own unit's sheet, nothing of matters",
    **{
        f"shanzhi.kernel.indicators.{name}": _FIGURES
        for name in (
            "operations.entering:_enter",
            "operations.entering:check_yours",
            "operations.entering:value_enter",
            "operations.excluding:_check_decider",
            "operations.excluding:exclusion_withdraw",
            "operations.permitting:_decide",
            "queries.values.excluded:may_do",
            "queries.values.excluded:unit_share",
            "queries.values.owing:_places",
            "queries.values.owing:_wanted",
            "queries.values.owing:permits_waiting",
        )
    },
    **{
        f"shanzhi.kernel.indicators.operations.{name}": _WRITES
        for name in (
            "_common:author_of",
            "_common:once",
            "_common:unit_of",
            "entering:_keep",
            "excluding:_ask",
            "excluding:_decide",
            "excluding:_revise",
            "permitting:_ask",
        )
    },
    **{
        f"shanzhi.kernel.indicators.operations.{name}": _ASKS
        for name in (
            "excluding:exclusion_ask",
            "excluding:exclusion_decide",
            "excluding:exclusion_revise",
            "permitting:permit_ask",
            "permitting:permit_decide",
        )
    },
    "shanzhi.kernel.indicators.web.api:_caller": _ASKS,
    **{
        f"shanzhi.kernel.notices.{name}": _GOING_OUT
        for name in (
            "operations.keeping:address_set",
            "operations.keeping:check_city_keeper",
            "operations.keeping:preferences_set",
            "operations.keeping:test_ask",
            "operations.sending:_message",
            "queries.going_out:preferences_of",
        )
    },
    "shanzhi.kernel.notices.operations.keeping:check_keeper": _ASKS,
    "shanzhi.modules.keeper.operations.regions:redraw_carry_out": _WRITES,
    "shanzhi.modules.keeper.policy.regions:check_drawn": "what may be written, not what is seen: regions are public by nature",
    "shanzhi.modules.keeper.web.regions:_check": _ASKS,
    "shanzhi.kernel.matters.queries.papers:_lines_of": "which papers a reporter's page lists; their text is held by remark_see (for_reporter)",
    "shanzhi.kernel.matters.queries.papers:issues": "who issues a paper, not who sees the matter: a draft holds what its page shows (test_issue_papers.py)",
    "shanzhi.kernel.matters.operations.dispatching:_check_own": "a county's keeper reaches the county's rows of a draft alone; the database holds feature and draft, not the place",
    "shanzhi.kernel.matters.operations.dispatching:check_city": "which keeper lets the catalogue go live; the database holds the feature, not the place",
    "shanzhi.kernel.matters.operations.dispatching:_keep_draft": _WRITES,
    "shanzhi.modules.hotline.operations.calls:_call": _CALLS,
    "shanzhi.modules.hotline.operations.calls:_note": _WRITES,
    "shanzhi.modules.hotline.operations.leaving:calls_release": _WRITES,
    "shanzhi.modules.hotline.queries.calls:_ended_today": _CALLS,
    "shanzhi.modules.hotline.queries.calls:_open_of": _CALLS,
    "shanzhi.modules.hotline.queries.calls:typed": _CALLS,
    "shanzhi.modules.hotline.operations.knowledge:item_edit": _WRITES,
    "shanzhi.modules.hotline.web.dispatch:_may_edit": "which buttons are shown; each address asks check_may",
    "shanzhi.modules.hotline.web.knowledge:_may": "which buttons are shown; each address asks check_may",
    "shanzhi.kernel.access.queries:actor_of_post": _WHO,
    "shanzhi.kernel.access.queries:token_actor": _WHO,
    "shanzhi.kernel.access.scope:open_door": _WHO,
    "shanzhi.kernel.access.scope:set_scope": _WHO,
    "shanzhi.kernel.matters.operations.step:take_part": _WRITES,
    "shanzhi.kernel.organisation.queries.left:place_code_of_unit": _PUBLIC,
    "shanzhi.kernel.organisation.queries.offices:_place_of": _PUBLIC,
    "shanzhi.kernel.organisation.queries.offices:seats_of_unit": _PUBLIC,
    "shanzhi.kernel.access.scope:_features": _WHO,
    "shanzhi.kernel.access.web.middleware:ActingMiddleware.__call__": _WHO,
    "shanzhi.kernel.access.web.middleware:_actor_of_session": _WHO,
    "shanzhi.kernel.access.web.middleware:_check_post_held": f"{_WHO}: tells whose post has ended",
    "shanzhi.kernel.access.operations.sessions:sessions_end_of": _OFFICE,
    "shanzhi.kernel.access.operations.signoffs:_author": _WRITES,
    "shanzhi.kernel.access.operations.signoffs:_person": _OFFICE,
    "shanzhi.kernel.access.operations.signoffs:signoff_ask": _OFFICE,
    "shanzhi.kernel.access.operations.signoffs:signoff_decide": _OFFICE,
    "shanzhi.kernel.access.operations.signoffs:signoff_withdraw": _OFFICE,
    "shanzhi.kernel.access.operations.tokens:_card_of": _OFFICE,
    "shanzhi.kernel.access.operations.tokens:token_end": _OFFICE,
    "shanzhi.kernel.access.operations.tokens:token_issue": _OFFICE,
    "shanzhi.kernel.access.policy.signoff:check_decider": _OFFICE,
    "shanzhi.kernel.access.queries.sessions:my_sessions": _OFFICE,
    "shanzhi.kernel.access.queries.signoffs:_decides": _OFFICE,
    "shanzhi.kernel.access.queries.signoffs:_waiting": _OFFICE,
    "shanzhi.kernel.access.queries.signoffs:signoff_card": _OFFICE,
    "shanzhi.kernel.access.queries.signoffs:signoffs_page": _OFFICE,
    "shanzhi.kernel.access.web.sessions:_this": _OFFICE,
    "shanzhi.kernel.access.web.signoffs:check_page": _ASKS,
    "shanzhi.kernel.access.web.signoffs:may": "which buttons a page has",
    "shanzhi.config.observe.requests:RequestMiddleware._say": "counts requests by kind of actor",
    "shanzhi.modules.intake.web.resident:resident": _WHO,
    "shanzhi.kernel.access.web.posts:choose": f"{_WHO}: only one's own posts; row-level security can't hold this",
    "shanzhi.kernel.access.policy:navigation_for": "names of pages, no matters",
    "shanzhi.config.context:page": "names of pages and posts; its count of notices is switched off in count_unread",
    "shanzhi.config.views:start": "sends on to a page that has a door of its own",
    "shanzhi.kernel.files.operations:attach": _WRITES,
    "shanzhi.kernel.files.queries:_row": "copies a row",
    "shanzhi.kernel.matters.operations.linking:link_under": _WRITES,
    "shanzhi.kernel.matters.queries.links:links_of": "leaves out what row-level security doesn't show a reporter either",
    "shanzhi.kernel.matters.operations.standing:_share_of": "asks _is_elsewhere, which is switched off; then rules._check",
    "shanzhi.kernel.matters.operations.standing:case_of": "what rules._check, which is switched off, is told of the actor",
    "shanzhi.kernel.matters.operations.standing:_ask_states": "what rules._check, which is switched off, is told of what was asked",
    "shanzhi.kernel.matters.operations.standing:_is_settled": "what rules._check, which is switched off, is told of what was ruled",
    "shanzhi.kernel.matters.policy.process.of_asks:_check_may_answer": "part of rules._check, which is switched off; the database lets only who was asked decide",
    "shanzhi.kernel.matters.policy.process.of_asks:_check_may_end": "part of rules._check, which is switched off; the database lets only who was asked decide",
    "shanzhi.kernel.matters.web.told:_fallen": "which words a line of a history that is seen has",
    "shanzhi.kernel.matters.operations.asking:_decider": "to whom something is put, not what is seen",
    "shanzhi.kernel.matters.operations.asks:put": _WRITES,
    "shanzhi.kernel.matters.queries.took:Took.narrowed": "conditions of a list, on top of what the policy shows",
    "shanzhi.kernel.matters.operations.asking:_keep_precedent": _WRITES,
    "shanzhi.kernel.matters.operations.passing:check_same_county": "whose county a correction reaches: the trigger matters_passes refuses it too",
    "shanzhi.kernel.matters.operations.passing:escalate_intake": _WRITES,
    "shanzhi.kernel.matters.operations.passing:receiver_of": "to whom something is put, not what is seen",
    "shanzhi.kernel.matters.operations.passing:region_taken": "where the receiver lays it: the trigger matters_passes refuses another county",
    "shanzhi.kernel.matters.operations.act:_carry_out": _WRITES,
    "shanzhi.kernel.matters.operations.asking:_has_somebody_else": "to whom something is put, not what is seen",
    "shanzhi.kernel.matters.operations.receiving:_check_reviewer": "whom a review may be given to, after rules._check, which is switched off",
    "shanzhi.kernel.matters.operations.helping:_end": _WRITES,
    "shanzhi.kernel.matters.operations.helping:assist_back": _WRITES,
    "shanzhi.kernel.matters.operations.helping:include_results": _WRITES,
    "shanzhi.kernel.matters.operations.parting:_make": _WRITES,
    "shanzhi.kernel.matters.operations.parting:split": _WRITES,
    "shanzhi.kernel.matters.operations.parting:_region_of": "where a part may be put: the policies of participants and parts refuse it too",
    "shanzhi.kernel.matters.operations.standing:_line": "what rules._check asks, which is switched off",
    "shanzhi.kernel.matters.operations.supervising:respond_urge": _WRITES,
    "shanzhi.kernel.matters.policy.process.of_asks:_check_may_push": "part of rules._check, which is switched off",
    "shanzhi.kernel.matters.policy.process.of_asks:_check_supervision": "part of rules._check, which is switched off",
    "shanzhi.kernel.matters.queries.card:_asks_shown": "leaves out what offices ask of each other: dates and grounds, no words; words have the policies of remarks",
    "shanzhi.kernel.matters.queries.card:_shares": "names of units; a co-handler's words come out of the remarks, which are switched off beside it",
    "shanzhi.kernel.matters.queries.card:_timeline": "asks _is_shown, which is switched off",
    "shanzhi.kernel.matters.queries.lists:as_helper": "a column of the list: the dates of the unit's own shares",
    "shanzhi.kernel.matters.queries.hanging:hanging": "what hangs on a matter, by the policy of each table",
    "shanzhi.kernel.matters.queries.papers:_may_name": "whether the button stands there; the name itself goes by reveal_contact and the policy on vault_record",
    "shanzhi.kernel.matters.queries.proving:own_proof": "narrows a reporter's file to what their page shows; which entries are seen is the journal's policy",
    "shanzhi.kernel.matters.queries.papers:paper": "who may issue: beside the paper; its text goes by the policies of remarks",
    "shanzhi.kernel.matters.operations.papers:_tell_units": _WRITES,
    "shanzhi.kernel.matters.operations.papers:paper_void": _WRITES,
    "shanzhi.kernel.matters.operations.passing:check_within_township": "whom a township's centre may give it to, not what is seen",
    "shanzhi.kernel.matters.operations.receiving:check_own_county": "whose units a county may give the lead, not what is seen",
    "shanzhi.kernel.matters.operations.passing:_check_centre_below": "whom it may be handed down to, not what is seen",
    "shanzhi.kernel.matters.queries.rungs:_is_meant": "which sentence is said of what the policy rung_see shows",
    "shanzhi.modules.oversight.web.views:start": "which of the asks in sight wait for the own unit: a list made shorter, no guard",
    "shanzhi.kernel.matters.operations.effects:_join": _WRITES,
    "shanzhi.kernel.matters.operations.effects:_own": _WRITES,
    "shanzhi.kernel.matters.operations.effects:_take_up": _WRITES,
    "shanzhi.kernel.matters.operations.effects:_give_back": "writes who has it next, after rules._check, which is switched off",
    "shanzhi.modules.grid.operations:patrol_sign": _WRITES,
    "shanzhi.modules.grid.queries:due_by_grid": "places are public by nature; what is counted of sign-ins goes by row-level security",
    "shanzhi.modules.grid.queries:places_of_grid": "places are public by nature; sign-ins go by row-level security",
    "shanzhi.modules.keeper.web.places:_author": _WRITES,
    "shanzhi.modules.keeper.web.shapes:upload": _WRITES,
    "shanzhi.modules.keeper.web.shapes:found": _WRITES,
    "shanzhi.modules.keeper.web.shapes:_found_page": "an upload is its post's alone by row-level security",
    "shanzhi.modules.triage.web.views:_queue": "hands the unit to ListFilter; _filtered is switched off",
    "shanzhi.modules.triage.web.views:_wanted": "hands the unit to ListFilter; _filtered is switched off",
    "shanzhi.modules.checks.queries:desk": "hands the unit to ListFilter; _filtered is switched off",
    "shanzhi.modules.checks.web.views:file": "hands the unit to ListFilter; _filtered is switched off",
    "shanzhi.modules.grid.queries:today": "hands unit and region to ListFilter; _filtered is switched off",
    "shanzhi.kernel.matters.operations.report:_take_in": _WRITES,
    "shanzhi.kernel.matters.operations.upkeep:reveal_contact": "asks needs_reporter, which is switched off",
    "shanzhi.kernel.matters.operations.step:Step.mine": _WRITES,
    "shanzhi.kernel.matters.operations.step:attach_files": _WRITES,
    "shanzhi.kernel.matters.operations.step:author_of": _WRITES,
    "shanzhi.kernel.matters.operations.step:door_of": _WRITES,
    "shanzhi.kernel.matters.operations.step:finish": _WRITES,
    "shanzhi.kernel.matters.operations.step:lock_matter": "row-level security alone says whether there is such a matter",
    "shanzhi.kernel.matters.operations.step:write_words": _WRITES,
    "shanzhi.kernel.matters.operations.listing:list_take": _WRITES,
    "shanzhi.kernel.matters.operations.views:_mine": _VIEWS,
    "shanzhi.kernel.matters.operations.views:view_save": _VIEWS,
    "shanzhi.kernel.matters.queries.views:my_views": _VIEWS,
    "shanzhi.kernel.matters.web.sheet:_about": "says whose file it is",
    "shanzhi.kernel.matters.queries.finding:_ways_into": "asked by _ways alone, which is switched off",
    "shanzhi.kernel.matters.queries.finding:_named": "goes by what is typed, whoever types it",
    "shanzhi.kernel.matters.queries.card:card": "hands on to _is_shown, _remarks, _attachments, which are switched off",
    "shanzhi.kernel.matters.web.desk:check_staff": _ASKS,
    "shanzhi.kernel.matters.web.picker:within": "units and regions are public",
    "shanzhi.kernel.vault.operations.sealing:reveal": "stands behind lock_matter; a reading without a post has nobody to name",
    "shanzhi.modules.exports.operations:_asker": f"{_WHO}: the worker writes what the asking post sees",
    "shanzhi.kernel.matters.operations.golive:check_whole_city": _RULES,
    "shanzhi.kernel.matters.operations.golive:decide": _WRITES,
    "shanzhi.kernel.matters.operations.processes:process_upload": _WRITES,
    "shanzhi.kernel.matters.operations.rules:edit_section": _WRITES,
    "shanzhi.modules.keeper.web.common:check": _ASKS,
    "shanzhi.modules.exports.operations:_author": _WRITES,
    "shanzhi.modules.exports.operations:export_download": "asks check_may and _own, which are switched off",
    "shanzhi.modules.exports.web.views:_check": _ASKS,
    "shanzhi.kernel.matters.policy.batch:_remark": _WRITES,
    "shanzhi.modules.imports.running:_bringer": f"{_WHO}: the worker takes in what a post brought, where it stands",
    "shanzhi.modules.imports.uploads:_check_subject": "what a post may bring, not what it sees: regions are the city's",
    "shanzhi.modules.imports.uploads:upload_bring": _WRITES,
    "shanzhi.modules.imports.uploads:_author": _WRITES,
    "shanzhi.modules.imports.uploads:_check": _ASKS,
    "shanzhi.modules.imports.web.views:_check": _ASKS,
    "shanzhi.kernel.packs.operations.letters:letter_take_in": _ASKS,
    "shanzhi.kernel.packs.operations.letters:letter_try_again": _ASKS,
    "shanzhi.kernel.packs.operations.letters:_keep": _WRITES,
    "shanzhi.kernel.packs.operations.letters:_journal": _WRITES,
    "shanzhi.modules.letters.web.views:check": _ASKS,
    "shanzhi.modules.intake.web.follow:_mine": "hands its codes to ListFilter; _filtered is switched off",
    "shanzhi.modules.intake.web.phone:all_mine": "hands its codes to ListFilter; _filtered is switched off",
    "shanzhi.kernel.matters.queries.sitting:_gave_back": "goes by the units that an address names, whoever asks",
    "shanzhi.kernel.matters.queries.tally:root_of": "names a region; the counts apply the policy's predicate themselves",
    "shanzhi.modules.oversight.operations:post_end_unfinished": _ASKS,
    "shanzhi.modules.oversight.operations:post_hand_over": _ASKS,
    "shanzhi.kernel.organisation.operations.offices:_since": _PUBLIC,
    "shanzhi.kernel.organisation.operations.offices:differences": _PUBLIC,
    "shanzhi.kernel.organisation.operations.offices:unit_close": _PUBLIC,
    "shanzhi.kernel.organisation.operations.seats:post_add": _PUBLIC,
    "shanzhi.kernel.organisation.queries.offices:office_card": _PUBLIC,
    "shanzhi.modules.keeper.operations._common:check_keeper": _ASKS,
    "shanzhi.modules.keeper.operations.admission:_check_city": _PUBLIC,
    "shanzhi.modules.keeper.policy.offices:check_not_mine": _PUBLIC,
    "shanzhi.modules.keeper.queries.offices:check_keeper": _ASKS,
    "shanzhi.modules.keeper.queries.offices:start_cards": "which cards are shown; each address asks check_may",
    "shanzhi.modules.keeper.web.posts:post": "which buttons a page has",
    "shanzhi.modules.worklist.queries:_filter": "hands its unit to ListFilter; _filtered is switched off",
    "shanzhi.modules.worklist.queries:worklist": "hands its unit to ListFilter; _filtered is switched off",
}


def function(path: str) -> FunctionType:
    """The function at module:name, under whatever decorates it."""
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    unwrapped = inspect.unwrap(found)
    assert isinstance(unwrapped, FunctionType), path
    return unwrapped


@contextmanager
def off() -> Iterator[None]:
    """Every filter switched off."""
    with pytest.MonkeyPatch.context() as patched:
        for path, instead in SWITCHED_OFF.items():
            target = function(path)
            wanted, given = inspect.signature(target), inspect.signature(instead)
            assert list(wanted.parameters) == list(given.parameters), f"{path} takes something else now"
            patched.setattr(target, "__code__", instead.__code__)
        yield
