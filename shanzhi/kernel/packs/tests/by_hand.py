"""A pack made by hand out of pure functions: a small city's entries, folded, cut, sealed, packed. Tests change any part of it before it is
written, as somebody would who wants better figures."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from shanzhi.kernel.facts.policy.columns import REGION, UNIT
from shanzhi.kernel.facts.policy.fold import fold
from shanzhi.kernel.facts.policy.folded import Folded
from shanzhi.kernel.facts.policy.months import is_of_month, month_after, month_starts
from shanzhi.kernel.facts.policy.rows import FORM, Row, digest, dimensions_digest, dimensions_text, rows_text
from shanzhi.kernel.facts.policy.tables import all_tables, shapes
from shanzhi.kernel.indicators.policy import excluded
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.queries.engines.duck import DuckEngine
from shanzhi.kernel.journal.policy import EntryFields, Head, TreeState, canonical
from shanzhi.kernel.journal.policy.notes import SigningKey, sign_note
from shanzhi.kernel.journal.policy.tiles import WIDTH, grow, root
from shanzhi.kernel.journal.policy.tree import HASHES, leaf_hash
from shanzhi.kernel.packs.policy import contents
from shanzhi.kernel.packs.policy.letter import Header, LetterWriter
from shanzhi.kernel.packs.queries.checking.cuts import root_over
from shanzhi.kernel.packs.queries.checking.entries import told_of
from shanzhi.kernel.packs.queries.observing import Observing, typed_of

KEY = SigningKey("shanzhi-city", b"\x01" * 32)
STRANGER = SigningKey("shanzhi-city", b"\x03" * 32)
MADE_AT = datetime(2026, 5, 2, 8, 30, 15, tzinfo=UTC)
SHA256 = HASHES["sha256"]
PAPER = b"the list, stamped"
PAPER_SHA256 = hashlib.sha256(PAPER).hexdigest()
GUIDELINE = """
[catalogue]
code = "by_hand"
name = "手工验收指标"
version = 1
sample = true
holds_from = "2025-01"
text = "试验用。"

[[project]]
code = "disputes"
name = "社会矛盾风险防范化解"
kind = "risk"
weight = 100
text = "试验用。"

[[indicator]]
key = "satisfaction_rate"
name = "满意率"
version = 1
holds_from = "2025-01"
project = "disputes"
definition = "当月评价的事项中，评 4 分或 5 分的占比。"
unit = "%"
direction = "higher"
level = "community"
period = "month"
source = "computed"
figure = "ratio"
scale = 100
decimals = 2
grouping = "additive"
counts_by = "event"
exclusions = true
weight = 40
scoring = { kind = "linear", floor = 60, full = 95 }
ground = [{ law = "试验", quote = "试验" }]
formula = \"\"\"
SELECT r.region_id AS community, r.rated_month AS month,
       COUNT(*) FILTER (WHERE r.satisfied >= 4) AS numerator, COUNT(*) AS denominator
FROM fact_rating AS r
WHERE r.is_lapsed = 0
  AND NOT EXISTS (SELECT 1 FROM fact_exclusion AS x
                  WHERE x.matter_id = r.matter_id AND x.month = r.rated_month AND x.indicator = 'satisfaction_rate')
GROUP BY r.region_id, r.rated_month
\"\"\"

[[indicator]]
key = "end_days_median"
name = "办结时长中位数"
version = 1
holds_from = "2025-01"
project = "disputes"
definition = "当月报告并已办结的事项，从报告到办结的天数的中位数。"
unit = "天"
direction = "lower"
level = "community"
period = "month"
source = "computed"
figure = "amount"
scale = "1/86400"
decimals = 1
grouping = "anew"
counts_by = "cohort"
weight = 20
scoring = { kind = "steps", steps = [[30, 0], [15, 60], [7, 100]] }
ground = [{ law = "试验", quote = "试验" }]
formula = \"\"\"
SELECT m.region_id AS community, m.reported_month AS month,
       QUANTILE_DISC(m.end_seconds, 0.5) AS numerator, COUNT(m.end_seconds) AS denominator
FROM fact_matter AS m
WHERE m.result = 'closed'
GROUP BY m.region_id, m.reported_month
\"\"\"

[[indicator]]
key = "covenant_review"
name = "村规民约审核备案率"
version = 1
holds_from = "2025-01"
project = "disputes"
definition = "已审核并备案村规民约的村（社区）占比。"
unit = "%"
direction = "higher"
level = "township"
period = "month"
source = "reported"
figure = "ratio"
scale = 100
decimals = 1
weight = 40
scoring = { kind = "threshold", at = 100 }
ground = [{ law = "试验", quote = "试验" }]
reported = { by = "keeper", evidence = "备案清单（盖章）", level = "township", below = 0, above = 100, jump = 50, due_days = 10 }
"""
COMMUNITIES = range(20, 28)
TOWNSHIPS = range(10, 14)


@dataclass(slots=True)
class Made:
    """Everything that goes into the pack, to be changed before `write`."""

    told: contents.Told
    guideline: str
    facts: dict[str, list[Row]]
    cuts: dict[int, list[tuple[int, bytes]]]
    entries: list[tuple[Any, ...]]
    leaves: list[tuple[int, int, bytes]]
    tiles: list[tuple[int, int, int, bytes]]
    heads: contents.Heads
    observations: list[tuple[Any, ...]] = field(default_factory=list)
    evidence: list[contents.Evidence] = field(default_factory=list)
    members: dict[str, bytes] = field(default_factory=dict)
    key: SigningKey = KEY

    def column(self, table: str, name: str) -> int:
        """A column's place."""
        return shapes()[table].names.index(name)

    def change(self, table: str, nth: int, name: str, value: Any) -> int:
        """Change a value of a row; the matter whose row it is."""
        row = list(self.facts[table][nth])
        row[self.column(table, name)] = value
        self.facts[table][nth] = tuple(row)
        return int(row[0])

    def count_again(self, folder: Path) -> None:
        """Make the observations anew out of the facts as they are now: a city that doctors rows has figures that fit them."""
        folder.mkdir(exist_ok=True)
        for table in all_tables():
            write_parquet(folder / f"{table.name}.parquet", contents.fact_columns(table), self.facts[table.name])
        engine = DuckEngine.over_folder(folder)
        book = sound_catalogue(self.guideline, "guideline.toml")
        entries = [told_of(row[0], row[1], row[6]) for row in self.entries]
        typed = [typed_of(one.entry.payload) for one in entries if one and one.kind == "figure"]
        self.observations = list(Observing(engine, book, self.told.first, self.told.last).observations(typed))
        engine.close()

    def write(self, path: Path, **header: Any) -> Path:
        """The pack as a file."""
        scratch = path.with_name(f"{path.name}.parts")
        scratch.mkdir(exist_ok=True)
        said: dict[str, Any] = {
            "kind": "pack", "uid": "trial-3703-1", "round": self.told.round, "sender": "3703", "receiver": "37",
            "about": "试评 · 淄博市", "made_at": MADE_AT, "program": "shanzhi 0.7",
            "keys": (self.key.public.text(),), **header,
        }  # fmt: skip
        with LetterWriter(path, Header(**said)) as writer:
            for name in contents.order_of(all_tables(), self.cuts):
                if name not in self.members:
                    self._add(writer, name, scratch)
                elif self.members[name]:
                    writer.add(name, self.members[name])
            for name in sorted(self.members.keys() - {*contents.order_of(all_tables(), self.cuts)}):
                writer.add(name, self.members[name])
            writer.close(lambda text: sign_note(text, (self.key,)))
        return path

    def _add(self, writer: LetterWriter, name: str, scratch: Path) -> None:
        texts = {
            contents.ROUND: self.told.text, contents.GUIDELINE: lambda: self.guideline, contents.HEADS: self.heads.text,
            contents.EVIDENCE: lambda: contents.evidence_text(self.evidence),
        }  # fmt: skip
        if name in texts:
            writer.add(name, texts[name]().encode())
            return
        tables: dict[str, tuple[contents.Columns, Sequence[Row]]] = {
            contents.ENTRIES_FILE: (contents.ENTRIES, self.entries),
            contents.LEAVES_FILE: (contents.LEAVES, self.leaves),
            contents.TILES_FILE: (contents.TILES, self.tiles),
            contents.OBSERVATIONS_FILE: (contents.OBSERVATIONS, self.observations),
            **{contents.cut_file(month): (contents.CUT, rows) for month, rows in self.cuts.items()},
            **{contents.fact_file(t): (contents.fact_columns(t), self.facts[t.name]) for t in all_tables()},
        }
        columns, rows = tables[name]
        file = scratch / name.replace("/", "-")
        write_parquet(file, columns, rows)
        writer.add_file(name, file)


def write_parquet(file: Path, columns: contents.Columns, rows: Sequence[Row]) -> None:
    """Rows as a Parquet file."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    listed = ", ".join(f'"{name}" {kind}' for name, kind in columns)
    db.execute(f"CREATE TABLE t ({listed})")
    if rows:
        marks = ", ".join(f"unnest(${nth}::{kind}[])" for nth, (_, kind) in enumerate(columns, 1))
        db.execute(f"INSERT INTO t SELECT {marks}", [[row[nth] for row in rows] for nth in range(len(columns))])
    db.execute(f"COPY t TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    db.close()


# -- the city ------------------------------------------------------------------------------------------------------------


def regions() -> list[Row]:
    """A city, two counties, four townships, eight communities."""
    begun = date(2025, 1, 1)
    rows: list[Row] = [(1, begun, None, "city", "3703", "淄博市", None, None)]
    rows += [(2 + n, begun, None, "county", f"37030{n + 2}", f"{n + 1}县", 1, None) for n in range(2)]
    rows += [
        (t, begun, None, "township", f"37030{(t - 10) // 2 + 2}10{t % 2}", f"{t}镇", 2 + (t - 10) // 2, None)
        for t in TOWNSHIPS
    ]
    rows += [
        (
            c,
            begun,
            None,
            "community",
            f"37030{(c - 20) // 4 + 2}10{(c - 20) // 2 % 2}00{c % 2}",
            f"{c}村",
            10 + (c - 20) // 2,
            None,
        )
        for c in COMMUNITIES
    ]
    return rows


def units() -> list[Row]:
    """A centre and two departments."""
    return [
        (nth, f"单位{nth}", "centre" if nth == 100 else "department", 1, date(2025, 1, 1), None)
        for nth in (100, 101, 102)
    ]


@dataclass(slots=True)
class _Event:
    at: datetime
    subject: tuple[str, int, int]
    action: str
    version: int
    payload: dict[str, Any]


def _matter(matter_id: int, draw: random.Random, first: date, days: int) -> list[_Event]:
    """A matter's life: reported, accepted, given, taken, replied to, rated or lapsed; some stay open, some are left out."""
    at = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(seconds=draw.randrange(days * 86_400))
    region, unit = draw.choice(COMMUNITIES), draw.choice((101, 102))
    base: dict[str, Any] = {
        "category": draw.choice(("housing.repair", "traffic.parking")), "region_id": region, "region_code": f"c{region}",
        "old_region_id": None, "intake_unit_id": 100, "overdue": False, "done_by": "", "ground": "", "result": "",
        "shares": [], "clocks": [], "stopped": [],
    }  # fmt: skip
    told: list[_Event] = []

    def tell(action: str, stage: str, to_stage: str, holder: int | None, **more: Any) -> None:
        nonlocal at
        payload = {**base, "stage": stage, "to_stage": to_stage, "holder_unit_id": holder, **more}
        told.append(_Event(at, ("matter", matter_id, len(told) + 1), action, 2, payload))
        at += timedelta(seconds=draw.randrange(600, 4 * 86_400), microseconds=draw.choice((0, 500_000)))

    due = (at + timedelta(days=5)).isoformat()
    tell(
        "matters.report", "", "reported", 100, number=f"N-{matter_id:05}", kind="request", kind_version=1,
        channel=draw.choice(("web", "hotline")), reported_at=at.isoformat(), place_kind="", promises=["handle"],
        clocks=[["handle", "new", "5wd", due, None, None]],
    )  # fmt: skip
    # A ground that JSON writes otherwise than it is.
    tell("matters.accept", "reported", "accepted", 100, ground='a "quoted" \\ ground' if matter_id % 10 == 0 else "")
    tell("matters.dispatch", "accepted", "dispatched", unit, shares=[[unit, "lead", "waiting", None, None, ""]])
    if draw.random() < 0.2:
        return told
    tell("matters.take", "dispatched", "handling", unit, shares=[[unit, "lead", "taken", at.isoformat(), None, ""]])
    tell(
        "matters.reply",
        "handling",
        "replied",
        unit,
        stopped=["handle"],
        shares=[[unit, "lead", "done", None, None, ""]],
    )
    if draw.random() < 0.2:
        tell("matters.lapse", "replied", "closed", None, result="closed")
        return told
    score = draw.randrange(1, 6)
    tell("matters.rate", "replied", "closed", None, result="closed", solved=score > 2, satisfied=score)
    if score == 1 and draw.random() < 0.5:
        month = told[-1].at + timedelta(hours=8)
        payload = {
            "exclusion_id": matter_id, "indicator": "satisfaction_rate", "month": month.year * 100 + month.month,
            "region_id": region, "asked_by_unit": unit, "ground": "force_majeure",
        }  # fmt: skip
        told.append(_Event(at, ("matter", matter_id, len(told) + 1), "indicators.exclude", 1, payload))
    return told


def _typed(draw: random.Random, months: Sequence[int]) -> list[_Event]:
    """Each township types a figure in every month, one of them corrects it."""
    found = []
    for month in months:
        for township in TOWNSHIPS:
            numbers = (1, 2) if township == 10 else (1,)
            for number in numbers:
                at = month_starts(month_after(month)).astimezone(UTC) + timedelta(hours=township + number)
                payload = {
                    "key": "covenant_review", "rule": 1, "region_id": township, "first": month, "length": "month",
                    "number": number, "numerator": draw.randrange(1, 3), "denominator": 2, "confirmed": True, "late": False,
                    "words": "", "files": [PAPER_SHA256],
                }  # fmt: skip
                pk = month * 100 + township * 2 + number
                found.append(_Event(at, ("figure", pk, 1), "indicators.value", 1, payload))
    return found


@dataclass(slots=True)
class _City:
    """A city at work: what it sealed, what was folded of it, what was cut."""

    draw: random.Random
    version: int
    hashes: list[bytes] = field(default_factory=list)
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    folded: dict[int, Folded | None] = field(default_factory=dict)
    cuts: dict[int, list[tuple[int, bytes]]] = field(default_factory=dict)
    kept: dict[int, dict[str, list[Row]]] = field(default_factory=dict)
    until: dict[int, tuple[int, int]] = field(default_factory=dict)
    told: list[contents.CutTold] = field(default_factory=list)

    def seal(self, event: _Event) -> None:
        """An entry, behind some of which the pack has only hashes."""
        self.hashes.extend(self.draw.randbytes(32) for _ in range(self.draw.randrange(0, 3)))
        number = len(self.hashes)
        kind, subject, step = event.subject
        entry = canonical(
            EntryFields(
                number + 1, 1000 + number, event.at, event.at, event.action, event.version, kind, subject, step, "3703",
                "post", 5, 101, event.payload,
            )
        )  # fmt: skip
        salt = self.draw.randbytes(16)
        self.hashes.append(leaf_hash(SHA256, salt + entry))
        self.entries.append((1, number, kind, subject, step, salt, entry.decode()))
        one = told_of(1, number, entry.decode())
        if kind == "matter" and one is not None:
            self.folded[subject] = fold(self.folded.get(subject), one.entry)

    def cut(self, month: int, at: datetime) -> None:
        """A month, as `facts.operations.cutting` cuts it."""
        place, rows = len(self.hashes), []
        for pk in sorted(self.folded):
            state = self.folded[pk]
            if state is not None and is_of_month(state.matter, month):
                tables = {name: list(state.rows(name)) for name in shapes()}
                rows.append((pk, digest(pk, state.steps, {name: rows_text(each) for name, each in tables.items()})))
                self.kept[pk], self.until[pk] = tables, (1, place)
        self.cuts[month] = rows
        top = root_over([leaf_hash(SHA256, each) for _, each in rows]).hex()
        payload = {"month": month, "form": FORM, "epoch": 1, "leaf": place, "matters": len(rows), "root": top}
        tree = dimensions_digest(dimensions_text({REGION.name: regions(), UNIT.name: units()})).hex()
        dimensions = tree if self.version == 2 else ""
        payload |= {"dimensions": dimensions} if dimensions else {}
        self.seal(_Event(at, ("fact_month", month, 1), "facts.cut", self.version, payload))
        sealed = self.entries[-1][1]
        self.told.append(contents.CutTold(month, self.version, 1, place, len(rows), top, dimensions, 1, sealed))


def made(
    *, matters: int = 60, first: int = 202601, last: int = 202603, seed: int = 7, version: int = 2, folder: Path
) -> Made:
    """A city's pack, sound in every part."""
    excluded.offer()
    city = _City(random.Random(seed), version)
    months = [first]
    while months[-1] < last:
        months.append(month_after(months[-1]))
    begin, end = month_starts(first), month_starts(month_after(last))
    since, days = begin.date() - timedelta(days=20), (end - begin).days + 18
    events = [event for pk in range(1, matters + 1) for event in _matter(pk, city.draw, since, days)]
    events += _typed(city.draw, months)
    waiting = [(month, month_starts(month_after(month)).astimezone(UTC) + timedelta(days=2)) for month in months]
    for event in sorted(events, key=lambda event: (event.at, event.subject)):
        while waiting and event.at >= waiting[0][1]:
            city.cut(*waiting.pop(0))
        city.seal(event)
    for month, at in waiting:
        city.cut(month, at)
    pack = _packed(city, first, last)
    pack.evidence = [
        contents.Evidence(PAPER_SHA256, len(PAPER), "paper", "备案清单", ("covenant_review",), "value 1", True)
    ]
    pack.members[contents.evidence_file(PAPER_SHA256)] = PAPER
    pack.count_again(folder / "counted")
    return pack


def _packed(city: _City, first: int, last: int) -> Made:
    entries = [row for row in city.entries if row[2] != "matter" or (row[0], row[1]) < city.until.get(row[3], (0, 0))]
    facts: dict[str, list[Row]] = {
        name: [row for pk in sorted(city.kept) for row in city.kept[pk][name]] for name in shapes()
    }
    facts |= {REGION.name: regions(), UNIT.name: units()}
    size = len(city.hashes)
    tiles = grow(SHA256, 0, {}, city.hashes)
    head = Head(KEY.public.name, TreeState(1, size, root(SHA256, size, tiles)), "sha256", MADE_AT)
    own = {row[1] for row in entries}
    wanted = {leaf // WIDTH for leaf in own} | {size // WIDTH}
    leaves = [(1, leaf, city.hashes[leaf]) for leaf in range(size) if leaf // WIDTH in wanted and leaf not in own]
    return Made(
        contents.Told(
            city="3703", city_name="淄博市", round="trial", first=first, last=last, guideline="by_hand",
            guideline_name="手工验收指标", guideline_version=1,
            guideline_sha256=hashlib.sha256(GUIDELINE.encode()).hexdigest(), cuts=tuple(city.told), left_out=0,
            matters=len(city.kept), entries=len(entries),
        ),
        GUIDELINE, facts, city.cuts, entries, leaves,
        sorted((1, level, place, data) for (level, place), data in tiles.items() if level),
        contents.Heads((KEY.public.text(),), (), (contents.EpochTold(1, "sha256", True, head.signed((KEY,))),)),
    )  # fmt: skip
