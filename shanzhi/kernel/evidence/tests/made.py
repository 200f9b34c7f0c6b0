"""Papers as an office writes them, made here; what somebody puts in; how somebody sees it."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TypeVar

from docx import Document
from openpyxl import Workbook

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.evidence import operations
from shanzhi.kernel.evidence.policy.objects import Given
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.organisation.queries import region_of_code
from tests.city import NOW

LATER = datetime(2025, 12, 3, 2, 0, tzinfo=UTC)
T = TypeVar("T")
TITLE = "世纪花园社区议事会加装电梯会议纪要"


def document(text: str) -> bytes:
    """A DOCX with one paragraph."""
    made, out = Document(), io.BytesIO()
    made.add_paragraph(text)
    made.save(out)
    return out.getvalue()


def workbook(rows: list[list[object]]) -> bytes:
    """An XLSX with one sheet."""
    made, out = Workbook(), io.BytesIO()
    assert made.active is not None
    for row in rows:
        made.active.append(row)
    made.save(out)
    return out.getvalue()


def stored(data: bytes, name: str = "纪要.docx") -> StoredFile:
    """A file in the store."""
    return files.store(data=data, name=name, now=NOW, office=True)


def region(code: str) -> int:
    """A region's permanent id."""
    found = region_of_code(code, date(2025, 11, 18))
    assert found is not None
    return found.id


def given(code: str, **changes: object) -> Given:
    """What somebody says of a minute."""
    return replace(Given(TITLE, "minute", "self_government", region(code)), **changes)  # type: ignore[arg-type]


def put(actor: Actor, data: bytes, code: str, now: datetime = NOW, **changes: object) -> int:
    """Put a paper in; its number."""
    with acting(actor):
        return operations.evidence_put(given=given(code, **changes), stored=stored(data), actor=actor, now=now)


def seen(actor: Actor, ask: Callable[[], T]) -> T:
    """What somebody is answered."""
    with acting(actor):
        return ask()
