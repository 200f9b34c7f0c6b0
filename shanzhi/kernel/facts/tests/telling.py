"""Entries written by hand, in the shapes that are registered, for the tests of the fold."""

from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from shanzhi.kernel.facts.policy.entries import Entry
from shanzhi.kernel.facts.policy.fold import fold
from shanzhi.kernel.facts.policy.folded import Folded, taken_up
from shanzhi.kernel.journal.policy import registered_payloads
from shanzhi.kernel.matters.policy import payloads_second

START = datetime(2025, 11, 18, 2, 30, tzinfo=UTC)
"""10:30 of 18 November in the city."""
SECOND = payloads_second.STEPS
_SAMPLES = {"int": 1, "str": "", "bool": False, "datetime": START.isoformat(), "date": "2025-11-18", "tuple": []}


def hour(number: float) -> datetime:
    """So many hours after the start."""
    return START + timedelta(hours=number)


def payload_of(action: str, version: int, **given: Any) -> dict[str, Any]:
    """A payload of a registered shape as the journal gives it back; what isn't given is as its shape has it, or a sample."""
    shape = registered_payloads()[action, version]
    made: dict[str, Any] = {}
    for field in fields(shape):  # type: ignore[arg-type]
        if field.default is not MISSING:
            made[field.name] = list(field.default) if isinstance(field.default, tuple) else field.default
        else:
            made[field.name] = _sample(str(field.type))
    unknown = given.keys() - made.keys()
    assert not unknown, f"{action} {version} has no {unknown}"
    return made | {name: _plain(value) for name, value in given.items()}


def _sample(type_: str) -> Any:
    named = type_.removeprefix("<class '").removesuffix("'>").rpartition(".")[2].partition("[")[0]
    return None if "None" in type_ else _SAMPLES.get(named, _SAMPLES["tuple"] if "tuple" in type_ else "")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


class Told:
    """One matter, entry by entry; after each its state is put away and taken up again, as the projector does."""

    def __init__(self, version: int = 2, **report: Any) -> None:
        self.version = version
        self.step = 0
        self.stage = ""
        self.folded: Folded | None = None
        self.rows: dict[str, dict[int, dict[str, Any]]] = {}
        self.common = {
            "number": "20251118-000001", "kind": "request", "kind_version": 1, "category": "housing.repair",
            "region_id": 8, "region_code": "370303009006", "channel": "web", "holder_unit_id": 1,
        }  # fmt: skip
        given = {"to_stage": "reported", "done_by": "report", "reported_at": START, "intake_unit_id": 1, **report}
        self.tell("matters.report", 0, **given)

    def tell(
        self, action: str, at: float, *, unit: int | None = 9, author: str = "post", version: int = 0, **given: Any
    ) -> "Told":
        """One more entry; stage and category are as before where nothing else is said."""
        version = version or min(self.version, max(v for a, v in registered_payloads() if a == action))
        shape = {field.name for field in fields(registered_payloads()[action, version])}  # type: ignore[arg-type]
        if "to_stage" in shape:
            given = {**self.common, "stage": self.stage, "to_stage": given.get("to_stage", self.stage), **given}
            self.common |= {name: given[name] for name in self.common}
            self.stage = given["to_stage"]
        self.step += 1
        payload = payload_of(action, version, **given)
        self.folded = fold(self.folded, Entry(1, self.step, action, version, hour(at), author, unit, payload))
        assert self.folded is not None
        for table, rows in self.folded.changed.items():
            self.rows.setdefault(table, {}).update({number: dict(row) for number, row in rows.items()})
        self.folded = taken_up(self.folded.put_away())
        return self

    def move(self, verb: str, at: float, to: str = "", **given: Any) -> "Told":
        """One more step of the loop."""
        where: dict[str, Any] = {"to_stage": to} if to else {}
        return self.tell(f"matters.{verb}", at, **where, **given)

    @property
    def matter(self) -> dict[str, Any]:
        """The matter's own row."""
        assert self.folded is not None
        return self.folded.matter

    def shares(self, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of the shares."""
        return self._of("fact_assignment", columns)

    def clocks(self, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of the promises."""
        return self._of("fact_clock", columns)

    def ratings(self, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of the verdicts."""
        return self._of("fact_rating", columns)

    def steps(self, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of the steps."""
        return self._of("fact_step", columns)

    def _of(self, table: str, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
        return [tuple(row[name] for name in columns) for _, row in sorted(self.rows.get(table, {}).items())]
