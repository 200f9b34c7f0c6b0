"""Every change of a matter's state. `report` takes one in, `act` does every later step, the rest is upkeep."""

from shanzhi.kernel.matters.operations.act import act
from shanzhi.kernel.matters.operations.batch import BatchResult, import_batch
from shanzhi.kernel.matters.operations.calendars import calendar_year_set, due_dates_follow, provisional_follow
from shanzhi.kernel.matters.operations.climbing import ladder_climb
from shanzhi.kernel.matters.operations.dispatching import (
    DispatchMovedOn,
    dispatch_draft,
    dispatch_go_live,
    dispatch_load,
    dispatch_row_drop,
    dispatch_row_save,
)
from shanzhi.kernel.matters.operations.dropping import asks_drop
from shanzhi.kernel.matters.operations.erasing import erase_asked
from shanzhi.kernel.matters.operations.finding import words_fill
from shanzhi.kernel.matters.operations.following import links_follow
from shanzhi.kernel.matters.operations.foresee import Foreseen, foresee
from shanzhi.kernel.matters.operations.gathering import parts_follow
from shanzhi.kernel.matters.operations.handing import NotInHand, shares_hand_over
from shanzhi.kernel.matters.operations.kinds import kinds_take_over
from shanzhi.kernel.matters.operations.listing import LIST_MOST, ListTooLong, list_take
from shanzhi.kernel.matters.operations.papers import paper_issue, paper_void
from shanzhi.kernel.matters.operations.processes import FaultyProcess, WouldStrand, process_go_live, process_upload
from shanzhi.kernel.matters.operations.promises import promises_follow
from shanzhi.kernel.matters.operations.recoding import matters_follow
from shanzhi.kernel.matters.operations.report import Reported, report
from shanzhi.kernel.matters.operations.rights import consent_withdraw, contact_correct, copy_own, copy_parts, erase_ask
from shanzhi.kernel.matters.operations.rules import (
    Deciding,
    categories_replace,
    category_add,
    category_merge,
    category_rename,
    category_restore,
    category_withdraw,
    edition_restore,
)
from shanzhi.kernel.matters.operations.step import Done, KeyReused, MatterNotFound, MovedOn
from shanzhi.kernel.matters.operations.telling import entry_add
from shanzhi.kernel.matters.operations.upkeep import (
    lapse_due,
    phone_for_notice,
    resume_due,
    reveal_contact,
    submissions_forget,
    suggestions_make,
)
from shanzhi.kernel.matters.operations.vacating import vacancies_settle
from shanzhi.kernel.matters.operations.views import TooManyViews, view_drop, view_save
from shanzhi.kernel.matters.policy.batch import BatchRow

__all__ = [
    "LIST_MOST",
    "BatchResult",
    "BatchRow",
    "Deciding",
    "DispatchMovedOn",
    "Done",
    "FaultyProcess",
    "Foreseen",
    "KeyReused",
    "ListTooLong",
    "MatterNotFound",
    "MovedOn",
    "NotInHand",
    "Reported",
    "TooManyViews",
    "WouldStrand",
    "act",
    "asks_drop",
    "calendar_year_set",
    "categories_replace",
    "category_add",
    "category_merge",
    "category_rename",
    "category_restore",
    "category_withdraw",
    "consent_withdraw",
    "contact_correct",
    "copy_own",
    "copy_parts",
    "dispatch_draft",
    "dispatch_go_live",
    "dispatch_load",
    "dispatch_row_drop",
    "dispatch_row_save",
    "due_dates_follow",
    "edition_restore",
    "entry_add",
    "erase_ask",
    "erase_asked",
    "foresee",
    "import_batch",
    "kinds_take_over",
    "ladder_climb",
    "lapse_due",
    "links_follow",
    "list_take",
    "matters_follow",
    "paper_issue",
    "paper_void",
    "parts_follow",
    "phone_for_notice",
    "process_go_live",
    "process_upload",
    "promises_follow",
    "provisional_follow",
    "report",
    "resume_due",
    "reveal_contact",
    "shares_hand_over",
    "submissions_forget",
    "suggestions_make",
    "vacancies_settle",
    "view_drop",
    "view_save",
    "words_fill",
]
