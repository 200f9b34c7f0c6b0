"""The one tree of errors that are told to a person.

An error's first argument is a message id in Chinese with named places (`%(name)s`); the parameters come by
keyword. Names that are message ids too (of a stage, an action, a role) come as a tuple. The web layer translates it;
`str(error)` is the Chinese sentence. Each sentence says what happened and what to do next.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from shanzhi.core.dates import day_said, moment_said
from shanzhi.core.text import msg


class DomainError(Exception):
    """Something that a person asked for can't be done; nothing was changed.

    `status` is the HTTP status, `code` a stable name for programs, `fields` the sentence beside each input.
    """

    status = 400
    code = "error"

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None, **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.params = params
        self.fields = dict(fields or {})

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """The sentence for a person, translated by `translate` (a gettext function)."""
        text = translate(self.message)
        return text % {name: _said(value, translate) for name, value in self.params.items()} if self.params else text

    def __str__(self) -> str:
        return self.sentence()


def _said(value: object, translate: Callable[[str], str]) -> object:
    """A parameter as the sentence has it: a tuple of names is translated and listed, a day or a moment said in words."""
    if isinstance(value, datetime):
        return moment_said(value, translate)
    if isinstance(value, date):
        return day_said(value, translate)
    return translate(msg("、")).join(translate(str(name)) for name in value) if isinstance(value, tuple) else value


class InputError(DomainError):
    """What was typed can't be used; `fields` says where."""

    status = 422
    code = "input"


class FileUnusable(InputError):
    """A file from which nothing can be taken; nothing was."""

    code = "file-unusable"


class NotAllowed(DomainError):
    """A colleague without the right."""

    status = 403
    code = "not-allowed"


class NotFound(DomainError):
    """It isn't there, or not for this person: both are said in the same words."""

    status = 404
    code = "not-found"


class Conflict(DomainError):
    """The thing has moved on since the person looked at it, or its stage doesn't allow this."""

    status = 409
    code = "conflict"


class TooLarge(DomainError):
    """More than can be taken in."""

    status = 413
    code = "too-large"


class TooMany(DomainError):
    """Too often in too short a time."""

    status = 429
    code = "too-many"
