"""What imports write into the journal: figures and the file's hash. Never a row of a file."""

from dataclasses import dataclass

from shanzhi.kernel.journal.policy import Payload, payload


@payload("import.done")
@dataclass(frozen=True, slots=True)
class ImportDone(Payload):
    """A file was taken in: what of, from which source, its SHA-256, and what became of its rows."""

    subject: str
    source: str
    sha256: str
    form: str
    encoding: str
    rows: int
    imported: int
    closed: int
    known: int
    rejected: int


@payload("import.mapping")
@dataclass(frozen=True, slots=True)
class MappingSaved(Payload):
    """A mapping was saved under a name, new or over an older one: the fields that it fills."""

    subject: str
    name: str
    fields: tuple[str, ...]


@payload("import.step")
@dataclass(frozen=True, slots=True)
class ImportStep(Payload):
    """A file of the page came a step further: brought, started, stopped, resumed, dropped, done, failed, fetched (its
    rejects), expired or left. `first_id` is the import whose rejects it mends."""

    step: str
    subject: str
    source: str
    sha256: str
    rows: int
    imported: int
    known: int
    rejected: int
    first_id: int | None = None
