"""Rules of publishing seals: weeks, delivery to those who keep heads, judging files. Pure."""

from shanzhi.modules.seals.policy.deliveries import (
    GIVE_UP_AFTER,
    LEASE,
    Occasion,
    address_hash,
    body_of,
    is_over,
    next_try,
)
from shanzhi.modules.seals.policy.examine import (
    FILE_MOST,
    HeadState,
    Judged,
    NotExamined,
    TooLargeToExamine,
    Verdict,
    judge,
    judge_head,
    read_file,
    with_tree,
)
from shanzhi.modules.seals.policy.weeks import NOT_YET, BadWeek, Week, days_before, groups

__all__ = [
    "FILE_MOST",
    "GIVE_UP_AFTER",
    "LEASE",
    "NOT_YET",
    "BadWeek",
    "HeadState",
    "Judged",
    "NotExamined",
    "Occasion",
    "TooLargeToExamine",
    "Verdict",
    "Week",
    "address_hash",
    "body_of",
    "days_before",
    "groups",
    "is_over",
    "judge",
    "judge_head",
    "next_try",
    "read_file",
    "with_tree",
]
