"""Months that were cut: their own entries, their roots, and the regions and units that the last one names."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.columns import REGION, UNIT
from shanzhi.kernel.facts.policy.months import month_after, month_text
from shanzhi.kernel.facts.policy.payloads import MONTH_SUBJECT
from shanzhi.kernel.facts.policy.rows import FORM, dimensions_digest, dimensions_text
from shanzhi.kernel.journal.policy.tree import HASH_BYTES
from shanzhi.kernel.packs.policy import contents, faults
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.queries.checking.entries import Told, of_kind
from shanzhi.kernel.packs.queries.checking.opened import Opened
from shanzhi.kernel.packs.queries.checking.trees import Forest, prove

_CUT = "facts.cut"
_AT_ONCE = 2**16


@dataclass(frozen=True, slots=True)
class Cuts:
    """Months whose leaves are proved, with the journal's place up to which each was cut."""

    proved: dict[int, tuple[int, int]]
    all: dict[int, tuple[int, int]]


def check_cuts(opened: Opened, forest: Forest, found: Checked) -> Cuts:
    """Each month's entry, proved and as `round.json` says it; the root over its leaves."""
    told = opened.told
    if told is None or not opened.has(contents.ENTRIES_FILE):
        return Cuts({}, {})
    _check_months(told, found)
    entries = {each.subject_id: each for each in of_kind(opened, MONTH_SUBJECT, found) if each.entry.action == _CUT}
    proved = prove(opened, forest, [each.at for each in entries.values()], found)
    sound: dict[int, tuple[int, int]] = {}
    for cut in told.cuts:
        entry = entries.get(cut.month)
        if entry is None or entry.at not in proved:
            found.add([faults.cut_unproved(cut.month)])
            continue
        if _is_as_told(cut, entry, found) and _check_root(opened, cut, found):
            sound[cut.month] = (cut.epoch, cut.leaf)
        found.count("months", 1)
    _check_dimensions(opened, told, entries, found)
    if any(not told.first <= cut.month <= told.last for cut in told.cuts):
        words = msg(
            "考核期以外的月份里封账的事项，只有包里放进来的得到了证明；有没有漏放的，要对照该市公布的数或另要那些月份的包。"
        )
        found.leave_open(words)
    if told.left_out:
        words = msg("%(count)d 件事项有考核期里的记录，却不在任何一个月的封账里，证明不了，没有算进这个包。")
        found.leave_open(words, count=told.left_out)
    return Cuts(sound, {cut.month: (cut.epoch, cut.leaf) for cut in told.cuts})


def _check_months(told: contents.Told, found: Checked) -> None:
    month, count = told.first, 0
    there = set(told.months)
    while month <= told.last and count < 120:
        if month not in there:
            found.add([faults.month_missing(month)])
        month, count = month_after(month), count + 1


def _is_as_told(cut: contents.CutTold, entry: Told, found: Checked) -> bool:
    said: Any = entry.entry.payload
    should = {
        "version": entry.entry.version,
        "month": said.get("month"),
        "epoch": said.get("epoch"),
        "leaf": said.get("leaf"),
        "matters": said.get("matters"),
        "root": said.get("root"),
        "dimensions": said.get("dimensions", ""),
        "sealed_epoch": entry.epoch,
        "sealed_leaf": entry.leaf,
    }
    wrong = [(name, value) for name, value in should.items() if getattr(cut, name) != value]
    found.add(faults.cut_told_otherwise(cut.month, name, getattr(cut, name), value) for name, value in wrong)
    if said.get("form") != FORM:
        found.add([faults.cut_told_otherwise(cut.month, "form", FORM, said.get("form"))])
    return not wrong and said.get("form") == FORM


def _check_root(opened: Opened, cut: contents.CutTold, found: Checked) -> bool:
    member = contents.cut_file(cut.month)
    if not opened.has(member):
        return False
    # Unordered would be another root, twice the same matter another matter's.
    ((unordered,),) = opened.rows(
        "SELECT count(*) FROM (SELECT matter_id, lag(matter_id) OVER () AS before FROM"  # noqa: S608 - names of the code
        f' "cut_{cut.month}") WHERE before >= matter_id'
    )
    if unordered:
        found.add([faults.cut_unordered(cut.month)])
    count, top = _root_of(opened, cut.month)
    found.count("cut_leaves", count)
    if count == cut.matters and top.hex() == cut.root:
        return not unordered
    found.add([faults.cut_root_differs(cut.month, count, cut.matters)])
    return False


def _root_of(opened: Opened, month: int) -> tuple[int, bytes]:
    """How many leaves a month's cut has, and the root over them: over the roots of parts of 65,536 leaves, which is the same
    (RFC 9162 splits at powers of two). So however many leaves there are, the hashes of one part are in memory."""
    rows = opened.db.execute(
        f'SELECT sha256 FROM "cut_{month}" WHERE octet_length(sha256) = {HASH_BYTES} ORDER BY matter_id'  # noqa: S608 - names of the code
    )
    count, tops = 0, []
    while some := rows.fetchmany(_AT_ONCE):
        tops.append(root_over([sha256(b"\x00" + each).digest() for (each,) in some]))
        count += len(some)
    return count, root_over(tops)


def root_over(leaves: list[bytes]) -> bytes:
    """The root of RFC 9162 over hashes of leaves, level by level (`tree.root_of`, for many leaves)."""
    row = leaves
    if not row:
        return sha256(b"").digest()
    while len(row) > 1:
        # The last one without a neighbour goes up as it is: the same tree as the one that is split at powers of two.
        last = row[-1:] if len(row) % 2 else []
        pairs = zip(row[::2], row[1::2], strict=False)
        row = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + last
    return row[0]


def _check_dimensions(opened: Opened, told: contents.Told, entries: dict[int, Told], found: Checked) -> None:
    """Regions and units against the hash of the last cut; version 1 says nothing of them."""
    month = max((cut.month for cut in told.cuts), default=0)
    last = entries.get(month)
    if last is None:
        return
    should = last.entry.payload.get("dimensions", "")
    if not should:
        found.leave_open(
            msg("%(month)s 的封账是旧格式，没有区划和单位的指纹：包里的区划和单位没有得到证明。"),
            month=month_text(month),
        )
        return
    if not opened.has(contents.fact_file(REGION), contents.fact_file(UNIT)):
        return
    rows = {
        table.name: opened.rows(
            f'SELECT {", ".join(column.name for column in table.columns)} FROM "{table.name}"'  # noqa: S608 - names of the code
            f" ORDER BY {', '.join(table.key)}"
        )
        for table in (REGION, UNIT)
    }
    if dimensions_digest(dimensions_text(rows)).hex() != should:
        found.add([faults.dimensions_differ(month)])
    found.count("regions", len({row[0] for row in rows[REGION.name]}))
    found.count("units", len(rows[UNIT.name]))
