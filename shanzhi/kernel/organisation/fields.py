"""Database fields that the standard library of Django fields lacks."""

from typing import TYPE_CHECKING, Any

from django.db import models

from shanzhi.core.ranges import CodeRanges

if TYPE_CHECKING:
    # What is read back is CodeRanges, or None where the column may be null; the stubs can't say which.
    _Field = models.Field[CodeRanges | None, Any]
else:
    # Generic only for the type checker.
    _Field = models.Field


class CodeRangesField(_Field):
    """A set of code ranges: `CodeRanges` in Python, `codemultirange` in PostgreSQL.

    The type is made by the journal's first migration. psycopg hands an unregistered type over as text, so no
    adapter has to be registered on each connection.
    """

    def db_type(self, connection: Any) -> str:
        """The column's type."""
        return "codemultirange"

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """Stand in migrations as a plain text field.

        A migration imports no code of ours, or it breaks on the day the code moves. The column itself is made by
        SQL there; the stand-in only keeps Django's record of the model equal to the model.
        """
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        """Cast the parameter: PostgreSQL can't guess the type in every place."""
        return "%s::codemultirange"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> CodeRanges | None:
        """PostgreSQL's text into a set."""
        return None if value is None else CodeRanges.parse(value)

    def to_python(self, value: Any) -> CodeRanges | None:
        """A set from a set or from its text."""
        if value is None or isinstance(value, CodeRanges):
            return value
        return CodeRanges.parse(str(value))

    def get_prep_value(self, value: Any) -> str | None:
        """A set into PostgreSQL's text."""
        prepared = self.to_python(super().get_prep_value(value))
        return None if prepared is None else prepared.to_pg()

    def value_to_string(self, obj: models.Model) -> str:
        """The text for Django's serialisers."""
        value = self.value_from_object(obj)
        return "" if value is None else value.to_pg()
