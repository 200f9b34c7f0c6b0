"""What is wrong with a process file, said to the person who wrote it."""

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from shanzhi.core.text import msg


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `message` and `mend` are message ids with named places, filled from `params`."""

    line: int
    where: str
    """The place in words: `action "reply".to`."""
    message: str
    mend: str
    params: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """What is wrong and how to mend it, without the place."""
        said = translate(self.message) % self.params
        return f"{said} {translate(self.mend) % self.params}" if self.mend else said

    def __str__(self) -> str:
        return f"第 {self.line} 行  {self.where}：{self.sentence()}"


def did_you_mean(word: str, known: Collection[str]) -> tuple[str, dict[str, object]]:
    """The advice (message id and its params) for a word that isn't among `known`."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    if near:
        return msg("是不是“%(near)s”？"), {"near": near[0]}
    if not known:
        return msg("先声明它，再引用。"), {}
    return msg("可以写：%(known)s。"), {"known": "、".join(sorted(set(known)))}
