"""A process as a picture: SVG, or in text: mermaid, Graphviz' dot, or a plain table."""

import unicodedata
from collections.abc import Callable, Mapping

from shanzhi.kernel.matters.policy.process.model import Kind, transitions
from shanzhi.kernel.matters.policy.process.svg import arrows, to_svg
from shanzhi.kernel.matters.policy.process.words import OWNER_NAMES, ROLE_NAMES


def to_mermaid(kind: Kind) -> str:
    """A mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {kind.initial}"]
    for stage in kind.stages:
        limit = f"（{kind.limit_of(stage)}）" if not stage.is_end else ""
        lines.append(f"    {stage.code}: {_plain(stage.name)}{limit}")
    for (origin, target), names in arrows(kind).items():
        lines.append(f"    {origin} --> {target}: {_plain('、'.join(names))}")
    lines += [f"    {stage.code} --> [*]" for stage in kind.stages if stage.is_end]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Without what mermaid reads as its own signs."""
    return "".join(" " if sign in ":;\n\r" else sign for sign in text)


def to_dot(kind: Kind) -> str:
    """A Graphviz digraph."""
    lines = [f"digraph {kind.code} {{", "    rankdir=LR;", "    node [shape=box, style=rounded];"]
    for stage in kind.stages:
        parts = [stage.name] if stage.is_end else [stage.name, f"{OWNER_NAMES[stage.owner]} {kind.limit_of(stage)}"]
        ring = ", peripheries=2" if stage.is_end else ""
        lines.append(f"    {stage.code} [label={_quoted(parts)}{ring}];")
    for (origin, target), names in arrows(kind).items():
        lines.append(f"    {origin} -> {target} [label={_quoted(names)}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(parts: list[str]) -> str:
    escaped = (part.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") for part in parts)
    return '"' + "\\n".join(escaped) + '"'


def to_table(kind: Kind) -> str:
    """A plain table of every stage and what leads out of it; columns line up in a fixed-width font."""
    rows: list[tuple[str, ...]] = [("环节", "责任方", "时限", "动作", "由谁", "去往")]
    for stage in kind.stages:
        head = (
            f"{stage.name} {stage.code}",
            OWNER_NAMES[stage.owner],
            str(kind.limit_of(stage) or "-"),
        )
        ways: dict[str, tuple[str, list[str]]] = {}
        for here, action, target in transitions(kind):
            if here is stage:
                who = "、".join(ROLE_NAMES[role] for role in action.by)
                name = "（不变）" if action.stays else kind.stage(target).name
                ways.setdefault(action.code, (f"{action.name}\0{who}", []))[1].append(name)
        for said, targets in ways.values():
            name, who = said.split("\0")
            rows.append((*head, name, who, " / ".join(targets)))
            head = ("", "", "")
        if not ways:
            rows.append((*head, "-", "-", "-"))
    title = f"{kind.name}（{kind.code}）第 {kind.version} 版"
    return "\n".join([title, *_ruled(rows)]) + "\n"


def _ruled(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
        if row is rows[0]:
            lines.append("  ".join("-" * width for width in widths))
    return lines


def _width(text: str) -> int:
    """Columns in a fixed-width font: Chinese signs take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


FORMATS: Mapping[str, Callable[[Kind], str]] = {"table": to_table, "mermaid": to_mermaid, "dot": to_dot, "svg": to_svg}
"""What `shanzhi process draw` can make."""
