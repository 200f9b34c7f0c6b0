"""Evidence that is named, and what goes along of it; further parts, by the checks that the caller gives."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.tables import all_tables
from shanzhi.kernel.packs.policy import contents, faults
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.queries.checking.figures import Entered
from shanzhi.kernel.packs.queries.checking.opened import Opened

_FOLDER = "evidence/"
_NAMED = 20
PartCheck = Callable[[str, bytes, Opened], Iterable[str | faults.OpenPoint]]
"""Judges a further member: its name, its bytes, the pack it is in → sentences of what is wrong (empty: nothing), and what stays
open."""
Checks = Mapping[str, PartCheck]
"""By a member's name, or by the beginning of names that ends with “/” (`draws/`)."""


def check_evidence(opened: Opened, entered: Sequence[Entered], found: Checked) -> None:
    """What is listed against what is there; what typed-in values name against the list."""
    members = {each.name: each for each in opened.letter.members}
    pieces = opened.evidence or ()
    listed = {piece.sha256 for piece in pieces}
    for piece in pieces:
        name = contents.evidence_file(piece.sha256)
        if piece.gone:
            words = msg("佐证“%(title)s”（%(lies)s）已经不在原系统里：%(reason)s。只剩指纹 %(sha256)s…。")
            found.leave_open(words, title=piece.title, lies=piece.lies, reason=piece.gone, sha256=piece.sha256[:16])
        elif piece.is_inside and name not in members:
            found.add([faults.evidence_missing(piece.sha256, piece.title, piece.lies)])
    outside = len({piece.sha256 for piece in pieces if not piece.is_inside and not piece.gone})
    if outside:
        found.leave_open(msg("%(count)d 份佐证没有随包，只有指纹。要看原件，请向该市调取，再比对指纹。"), count=outside)
    for name in members:
        if name.startswith(_FOLDER):
            _check_content(opened, name, listed, found)
    _check_named(entered, listed, found)
    found.count("evidence", len(listed))


def _check_named(entered: Sequence[Entered], listed: set[str], found: Checked) -> None:
    """Papers that typed-in values name and the list doesn't have: the value is proved, its paper isn't at hand."""
    missing = [(each, value) for value in entered for each in value.files if each not in listed]
    for sha256, value in missing[:_NAMED]:
        words = msg("指标“%(indicator)s”区域 %(region)d %(month)s 的填报附了材料 %(sha256)s…，evidence.json 里没有它。")
        typed = value.typed
        found.leave_open(
            words,
            indicator=typed.key,
            region=typed.region_id,
            month=value.period,
            sha256=sha256[:16],
            member="evidence.json",
        )
    if len(missing) > _NAMED:
        found.leave_open(msg("……另有 %(count)s 处，没有逐一列出。"), count=f"{len(missing) - _NAMED:,}")


def _check_content(opened: Opened, name: str, listed: set[str], found: Checked) -> None:
    sha256 = name.removeprefix(_FOLDER)
    if sha256 not in listed:
        found.add([faults.evidence_unlisted(name)])
    # The letter has compared content and manifest already.
    is_ = opened.letter.member(name).sha256
    if is_ != sha256:
        found.add([faults.evidence_differs(name, is_)])
    found.count("evidence_inside", 1)


def check_parts(opened: Opened, checks: Checks, found: Checked) -> None:
    """Every member that isn't a pack's own, by the check for it; what nobody checks is said."""
    told = opened.told
    own = {*contents.order_of(all_tables(), [cut.month for cut in told.cuts] if told else ()), *contents.REPORTS}
    unchecked = []
    for member in opened.letter.members:
        if member.name in own or member.name.startswith(_FOLDER):
            continue
        check = checks.get(member.name) or next(
            (each for name, each in checks.items() if name.endswith("/") and member.name.startswith(name)), None
        )
        if check is None:
            unchecked.append(member.name)
            continue
        try:
            said = list(check(member.name, opened.letter.read(member.name), opened))
            found.add(faults.part(member.name, one) for one in said if isinstance(one, str))
            found.open += [one for one in said if isinstance(one, faults.OpenPoint)]
        except DomainError as error:
            found.add([faults.part(member.name, str(error))])
        found.count("parts", 1)
    if unchecked:
        names = "、".join(unchecked[:_NAMED]) + ("…" if len(unchecked) > _NAMED else "")
        found.leave_open(msg("这些部分只核对了指纹和签名，没有核对内容：%(names)s。"), names=names)
    for name in contents.REPORTS:
        if any(each.name == name for each in opened.letter.members):
            found.leave_open(msg("%(name)s 是给人看的文字，没有和数逐一比对；以重算的数为准。"), name=name)
