"""A process as an SVG picture: stages in a column in the file's order, ways on as lines at the right, ways back at the left.

Every line leaves its box at a place of its own, runs in a lane that no other line of the same stretch uses, and carries
its actions' names where it leaves. All strokes and letters are in the current colour, so that the picture is dark on
light paper and light on a dark page, and prints; no style, no script. `title` and `desc` say it to a screen reader.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.model import Kind, Stage, transitions
from shanzhi.kernel.matters.policy.process.words import OWNER_NAMES

_BOX, _HEAD, _PORT, _GAP, _LANE, _MARGIN = 190, 46, 19, 30, 13, 14
_LETTER, _SMALL = 14, 12
_COLUMN = 0.54
"""How wide a column is, in heights of its letters."""
_LABEL_MOST = 26
"""Columns of a label (a Chinese sign takes two); what is longer ends in an ellipsis, the table says it whole."""


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    label: str
    box: float = _BOX
    lane: int = 0
    out_y: float = 0
    in_y: float = 0

    @property
    def forward(self) -> bool:
        return self.end > self.start

    @property
    def span(self) -> tuple[int, int]:
        return min(self.start, self.end), max(self.start, self.end)


def arrows(kind: Kind) -> dict[tuple[str, str], list[str]]:
    """(from, to) → names of the actions that lead there; those that stay are left out, they would only hide the way."""
    found: dict[tuple[str, str], list[str]] = {}
    for stage, action, target in transitions(kind):
        if not action.stays:
            names = found.setdefault((stage.code, target), [])
            if action.name not in names:
                names.append(action.name)
    return found


Say = Callable[[str], str]
"""Turns a message id into what is shown: gettext on a page, nothing at all on the command line."""


def to_svg(kind: Kind, say: Say = str) -> str:
    """The picture in the language of `say`; its width and height are in `viewBox`, so that a page may scale it."""
    places = {stage.code: place for place, stage in enumerate(kind.stages)}
    words = {stage.code: (say(stage.name), _note(kind, stage, say)) for stage in kind.stages}
    box = max([_BOX, *(_width(name, note) for name, note in words.values())])
    lines = [
        _Line(places[origin], places[target], _short(say(msg("、")).join(map(say, names))), box)
        for (origin, target), names in arrows(kind).items()
        if origin != target
    ]
    sides = {True: [one for one in lines if one.forward], False: [one for one in lines if not one.forward]}
    for side in sides.values():
        _give_lanes(side)
    boxes = _boxes(kind.stages, sides)
    wide = {forward: _label_width(drawn) for forward, drawn in sides.items()}
    left = _MARGIN + wide[False] + _LANE * (1 + _lanes(sides[False]))
    right = left + box + wide[True] + _LANE * (1 + _lanes(sides[True])) + _MARGIN
    height = boxes[-1][1] + _MARGIN
    _place_ports(sides, boxes)
    parts = [_head(kind, right, height, say)]
    for forward, drawn in sides.items():
        parts += [_line(one, left, wide[forward]) for one in drawn]
    for stage, place in _each(kind):
        frame = _Frame(left, box, *boxes[place])
        parts.append(_box(frame, words[stage.code], first=stage.code == kind.initial, ends=stage.is_end))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _each(kind: Kind) -> list[tuple[Stage, int]]:
    return [(stage, place) for place, stage in enumerate(kind.stages)]


def _note(kind: Kind, stage: Stage, say: Say) -> str:
    """Under a stage's name: whose turn it is, and how long."""
    limit = kind.limit_of(stage)
    if limit is None:
        return say(msg("结束"))
    return f"{say(OWNER_NAMES[stage.owner])} {say(limit.message) % {'amount': limit.amount}}"


def _width(name: str, note: str) -> int:
    return int(max(_columns(name) * _LETTER, _columns(note) * _SMALL) * _COLUMN) + 20


def _give_lanes(lines: list[_Line]) -> None:
    """The shortest lines next to the boxes; two that share a stretch never share a lane."""
    taken: list[list[tuple[int, int]]] = []
    for line in sorted(lines, key=lambda one: (one.span[1] - one.span[0], one.span)):
        low, high = line.span
        for lane, spans in enumerate(taken):
            if all(high < begin or end < low for begin, end in spans):
                line.lane = lane
                spans.append(line.span)
                break
        else:
            line.lane = len(taken)
            taken.append([line.span])


def _lanes(lines: list[_Line]) -> int:
    return max((line.lane + 1 for line in lines), default=0)


def _boxes(stages: tuple[Stage, ...], sides: dict[bool, list[_Line]]) -> list[tuple[float, float]]:
    """Top and bottom of each box: as high as the busier of its sides needs."""
    found: list[tuple[float, float]] = []
    top = float(_MARGIN)
    for place in range(len(stages)):
        ports = max(sum((line.start == place) + (line.end == place) for line in side) for side in sides.values())
        bottom = top + max(_HEAD, ports * _PORT + 10)
        found.append((top, bottom))
        top = bottom + _GAP
    return found


def _place_ports(sides: dict[bool, list[_Line]], boxes: list[tuple[float, float]]) -> None:
    for forward, side in sides.items():
        for place, (top, bottom) in enumerate(boxes):
            # What comes from above arrives at the top, what goes down leaves at the bottom, and the other way round.
            ins = sorted((one for one in side if one.end == place), key=lambda one: one.lane)
            outs = sorted((one for one in side if one.start == place), key=lambda one: -one.lane)
            ports: list[tuple[_Line, bool]] = [(one, False) for one in ins] + [(one, True) for one in outs]
            if not forward:
                ports.reverse()
            step = (bottom - top) / (len(ports) + 1)
            for number, (one, leaves) in enumerate(ports, start=1):
                if leaves:
                    one.out_y = round(top + step * number, 1)
                else:
                    one.in_y = round(top + step * number, 1)


def _label_width(lines: list[_Line]) -> int:
    return int(max((_columns(one.label) for one in lines), default=0) * _SMALL * _COLUMN) + 18


def _line(line: _Line, left: float, wide: int) -> str:
    edge = left + line.box if line.forward else left
    away = 1 if line.forward else -1
    far = edge + away * (wide + _LANE * (line.lane + 1))
    path = f"M{edge:g} {line.out_y:g}H{far:g}V{line.in_y:g}H{edge + away * 7:g}"
    tip = f"M{edge + away * 8:g} {line.in_y - 4:g}L{edge:g} {line.in_y:g}L{edge + away * 8:g} {line.in_y + 4:g}Z"
    anchor = "start" if line.forward else "end"
    return (
        f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity="0.55"/>'
        f'<path d="{tip}" fill="currentColor" fill-opacity="0.7"/>'
        f'<text x="{edge + away * 12:g}" y="{line.out_y - 4:g}" font-size="{_SMALL}" text-anchor="{anchor}"'
        f' fill="currentColor">{escape(line.label)}</text>'
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    left: float
    wide: float
    top: float
    bottom: float


def _box(at: _Frame, words: tuple[str, str], *, first: bool, ends: bool) -> str:
    middle, across = (at.top + at.bottom) / 2, at.left + at.wide / 2
    heavy = 2.5 if first else 1.2
    parts = [
        f'<rect x="{at.left:g}" y="{at.top:g}" width="{at.wide:g}" height="{at.bottom - at.top:g}" rx="8"'
        f' fill="currentColor" fill-opacity="0.06" stroke="currentColor" stroke-width="{heavy}"/>'
    ]
    if ends:
        parts.append(
            f'<rect x="{at.left + 4:g}" y="{at.top + 4:g}" width="{at.wide - 8:g}"'
            f' height="{at.bottom - at.top - 8:g}" rx="5" fill="none" stroke="currentColor" stroke-width="0.8"/>'
        )
    parts.append(_text(across, middle - 3, _LETTER, words[0], weight="600"))
    parts.append(_text(across, middle + 15, _SMALL, words[1]))
    return "".join(parts)


def _text(x: float, y: float, size: int, text: str, weight: str = "400") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" text-anchor="middle"'
        f' fill="currentColor">{escape(text)}</text>'
    )


def _head(kind: Kind, width: float, height: float, say: Say) -> str:
    said = say(
        msg(
            "共 %(stages)d 个环节，其中 %(ends)d 个终点。从“%(first)s”开始；"
            "右边的线往后走，左边的线往回走；每一步由谁做、去哪里，见下面的表。"
        )
    ) % {
        "stages": len(kind.stages),
        "ends": sum(stage.is_end for stage in kind.stages),
        "first": say(kind.stage(kind.initial).name),
    }
    title = say(msg("%(name)s（%(code)s）第 %(version)d 版流程图")) % {
        "name": say(kind.name),
        "code": kind.code,
        "version": kind.version,
    }
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
        f' height="{height:g}" role="img" aria-labelledby="flow-title flow-desc"'
        ' font-family="PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif">'
        f'\n<title id="flow-title">{escape(title)}</title>\n<desc id="flow-desc">{escape(said)}</desc>'
    )


def _short(text: str) -> str:
    shown = ""
    for sign in text:
        if _columns(shown + sign) > _LABEL_MOST - 1:
            return shown + "…"
        shown += sign
    return shown


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
