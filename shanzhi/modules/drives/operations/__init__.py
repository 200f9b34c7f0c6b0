"""Every change of a drive: opened, applied to, visited, decided about; titles that end."""

from shanzhi.modules.drives.operations.applying import (
    Said,
    application_answer,
    application_begin,
    application_send,
    application_withdraw,
    evidence_use,
)
from shanzhi.modules.drives.operations.deciding import application_decide
from shanzhi.modules.drives.operations.expiring import holders_remind, titles_expire
from shanzhi.modules.drives.operations.hearing import hearing_end, hearing_open, statement_make
from shanzhi.modules.drives.operations.opening import NewDrive, drive_close, drive_open
from shanzhi.modules.drives.operations.visiting import Seen, look_keep

__all__ = [
    "NewDrive",
    "Said",
    "Seen",
    "application_answer",
    "application_begin",
    "application_decide",
    "application_send",
    "application_withdraw",
    "drive_close",
    "drive_open",
    "evidence_use",
    "hearing_end",
    "hearing_open",
    "holders_remind",
    "look_keep",
    "statement_make",
    "titles_expire",
]
