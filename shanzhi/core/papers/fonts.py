"""Which fonts a paper is set in: those of the machine that the standard names, else those that come with the packages.

The typesetter prints boxes for characters that no font has, without an error. So fonts are looked up before anything is
set: without any Chinese font there is an error, and a single character that none has becomes 〓, as printers do.
"""

from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path

import typst

from shanzhi.core.errors import DomainError
from shanzhi.core.papers.glyphs import characters
from shanzhi.core.text import msg

PACKAGE = "pylopdf_fonts_zh_cn"
"""Noto Serif SC and Noto Sans SC (SIL Open Font License 1.1)."""
GAP = "〓"
"""What stands for a character that no font has."""
SAMPLE = "善治第号年月日，。、（）“”《》—％　0123456789%,.-+"
"""What every paper needs."""

_SERIF = ("Noto Serif CJK SC", "Source Han Serif SC", "Source Han Serif CN", "Noto Serif SC")
_SANS = ("Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC")
CHAINS = {
    "body": (
        *("FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "STFangsong", "FZFangSong-Z02S", "Zhuque Fangsong"),
        *("SimSun", "宋体", "NSimSun", "STSong", *_SERIF),
    ),
    "title": (
        "FZXiaoBiaoSong-B05S",
        "FZXiaoBiaoSong-B05",
        "方正小标宋简体",
        "STZhongsong",
        "SimSun",
        "STSong",
        *_SERIF,
    ),
    "sans": ("SimHei", "黑体", "STHeiti", "Microsoft YaHei", *_SANS),
    "kai": ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "楷体", "STKaiti", *_SERIF),
}
"""Families by use, the best first: 仿宋 for text, 小标宋 for titles, 黑体 and 楷体 for heads."""


class FontMissing(DomainError):
    """There is no Chinese font, so that a PDF would show boxes."""

    status = 503
    code = "font-missing"


@dataclass(frozen=True)
class FontSet:
    """Fonts that can be set with; `places` are folders beside those of the machine, which `with_machine` lets in."""

    places: tuple[Path, ...]
    with_machine: bool = False
    loaded: typst.Fonts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = typst.Fonts(
            include_system_fonts=self.with_machine,
            include_embedded_fonts=False,
            font_paths=[str(place) for place in self.places],
        )
        object.__setattr__(self, "loaded", found)

    @cached_property
    def chains(self) -> dict[str, tuple[str, ...]]:
        """Families by use that are really there, the best first, each use ending with what the others have.

        Raises:
            FontMissing: no Chinese font is there.
        """
        there = {info.family for info in self.loaded.fonts()}
        chains = {use: tuple(family for family in chain if family in there) for use, chain in CHAINS.items()}
        rest = (*chains["body"], *chains["sans"])
        chains = {use: tuple(dict.fromkeys((*chain, *rest))) for use, chain in chains.items()}
        if not rest or self._lacking(SAMPLE, rest):
            raise FontMissing(
                msg(
                    "服务器上没有中文字体，不能生成 PDF 和图表。请管理员运行 make setup 装上字体包，"
                    "或把仿宋、宋体装进系统字体目录，重新启动服务后再试一次。"
                )
            )
        return chains

    @cached_property
    def _covered(self) -> frozenset[int]:
        return self._characters(frozenset(family for chain in self.chains.values() for family in chain))

    def _characters(self, families: frozenset[str]) -> frozenset[int]:
        covered: set[int] = set()
        for info in self.loaded.fonts():
            if info.family in families and info.path:
                covered |= characters(info.path, info.index)
        return frozenset(covered)

    def _lacking(self, text: str, families: tuple[str, ...]) -> str:
        covered = self._characters(frozenset(families))
        return "".join(sorted({letter for letter in text if ord(letter) not in covered}))

    def lacking(self, text: str) -> str:
        """Characters of a text that no font has, each once, in the order of their code points; blanks never lack."""
        return "".join(sorted({c for c in text if ord(c) not in self._covered and not c.isspace()}))


@cache
def shipped_fonts() -> FontSet:
    """The fonts of the packages alone: the same on every machine."""
    return FontSet(places=_shipped())


@cache
def machine_fonts() -> FontSet:
    """The machine's fonts by the standard where it has them, and those of the packages behind them."""
    return FontSet(places=_shipped(), with_machine=True)


def _shipped() -> tuple[Path, ...]:
    found = find_spec(PACKAGE)
    return tuple(Path(place) for place in found.submodule_search_locations or ()) if found else ()
