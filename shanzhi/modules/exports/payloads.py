"""What exports write into the journal: figures, the filter, the file's hash. Never a line of a file."""

from dataclasses import dataclass
from datetime import date

from shanzhi.kernel.journal.policy import Payload, payload


@payload("export.ready")
@dataclass(frozen=True, slots=True)
class ExportReady(Payload):
    """A file was written: by which sign-off, with which filter and columns, how many rows, and its SHA-256."""

    signoff_id: int
    since: date
    until: date
    region: str
    category: str
    matter_kind: str
    columns: tuple[str, ...]
    file_format: str
    rows: int
    sha256: str


@payload("export.download")
@dataclass(frozen=True, slots=True)
class ExportDownloaded(Payload):
    """The file was downloaded by who had asked for it."""

    signoff_id: int
    sha256: str


@payload("export.end")
@dataclass(frozen=True, slots=True)
class ExportEnded(Payload):
    """The file is gone, or never came: `why` is expired, left (the asker's holding ended), cancelled or failed."""

    signoff_id: int
    why: str
