"""Names, bounds and errors of drives."""

from collections.abc import Mapping

from shanzhi.core.errors import Conflict, InputError, NotAllowed, NotFound
from shanzhi.core.text import msg

READ, OPEN, APPLY, VISIT, DECIDE = "drives", "drives_open", "drives_apply", "drives_visit", "drives_decide"
"""Features of roles.toml: seeing drives, opening one, applying for a place, visiting, deciding about titles."""
DRIVE_SUBJECT, APPLICATION_SUBJECT = "drive", "drive_application"
"""Kinds of subjects in the journal."""
LOOK_FILES = "drive_look"
"""The kind of subject to which photos of a visit are attached."""
TOPIC = "drives.moved"
NAME_MOST, WORDS_MOST, REASON_MOST = 60, 1000, 1000
MONTHS_MOST = 120
HEARING_DAYS = 7
"""At least so many days a holder has for a statement before a title may be withdrawn."""
AHEAD_DAYS = (90, 30)
"""So many days before it ends a holder is told."""
PHOTOS_MOST = 3
FINDING_DAYS = 30
"""By when a finding of a visit is to be mended, from the visit on."""

GROUNDS: Mapping[str, str] = {
    "checklist": msg("不再符合创建标准"),
    "accident": msg("发生重大安全事故或案件"),
    "false": msg("申报内容不实"),
    "findings": msg("发现的问题逾期没有整改"),
    "holder": msg("申报单位自己申请撤销"),
}
"""For what a title is withdrawn; `policy` of a city may add words, never another ground."""


class BadDrive(InputError):
    """What was said of a drive can't be; `fields` says where."""

    code = "drive-bad"


class BadChecklist(InputError):
    """A checklist can't be used; says where."""

    code = "drive-checklist"


class NotAdmitted(Conflict):
    """The drive doesn't stand on the admission list."""

    code = "drive-not-admitted"


class NoSuchDrive(NotFound):
    """No such drive, application or title, or not for this post."""

    code = "no-such-drive"


class DriveOver(Conflict):
    """Its term is over."""

    code = "drive-over"


class WrongPlace(InputError):
    """The place is closed, of another kind, or not the post's."""

    code = "drive-place"


class AppliedAlready(Conflict):
    """The place has an application of this drive already."""

    code = "drive-applied"


class NotWhole(Conflict):
    """Items have no answer yet, or don't reach what a title needs."""

    code = "drive-not-whole"


class DriveMovedOn(Conflict):
    """It isn't in the state in which this can be done."""

    code = "drive-moved-on"


class NotYours(NotAllowed):
    """Another post does this: the named one, or somebody without a tie."""

    code = "drive-not-yours"


class BadLook(InputError):
    """What was found on site can't be kept; `fields` says where."""

    code = "drive-look"


def missing() -> NoSuchDrive:
    """It isn't there, or not for this post."""
    return NoSuchDrive(msg("没有找到这次创建或者这份申报，或者您现在的岗位看不到它。请返回列表再选。"))
