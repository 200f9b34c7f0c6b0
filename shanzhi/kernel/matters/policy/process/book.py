"""The kinds that a city runs, every version of each."""

from collections.abc import Iterable, Iterator

from shanzhi.core.errors import Conflict, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.model import Kind


class KindUnknown(NotFound):
    """The rule book has no such kind, or not this version of it."""

    code = "kind-unknown"


class KindChanged(Conflict):
    """Two files say they are the same version of a kind, and differ."""

    code = "kind-changed"


class KindBook:
    """(code, version) → `Kind`. Immutable; a new file makes a new book."""

    __slots__ = ("_current", "_kinds")

    def __init__(self, kinds: Iterable[Kind]) -> None:
        """Takes kinds in any order; the same one twice is no harm.

        Raises:
            KindChanged: one version with two contents. Running matters rely on theirs: a change is a new version.
        """
        self._kinds: dict[tuple[str, int], Kind] = {}
        self._current: dict[str, Kind] = {}
        for kind in kinds:
            known = self._kinds.setdefault((kind.code, kind.version), kind)
            if known != kind:
                raise KindChanged(
                    msg("“%(kind)s”第 %(version)s 版有两种内容。改动流程要把 version 加一。"),
                    kind=kind.name,
                    version=kind.version,
                )
            newest = self._current.get(kind.code)
            if newest is None or kind.version > newest.version:
                self._current[kind.code] = kind

    def get(self, code: str, version: int) -> Kind:
        """One version of a kind.

        Raises:
            KindUnknown: it isn't in the book.
        """
        found = self._kinds.get((code, version))
        if found is None:
            raise KindUnknown(
                msg("规则库里没有“%(code)s”第 %(version)s 版的流程。请管理员找回这一版的文件。"),
                code=code,
                version=version,
            )
        return found

    def current(self, code: str) -> Kind:
        """The newest version of a kind: the one that new matters start under.

        Raises:
            KindUnknown: it isn't in the book.
        """
        found = self._current.get(code)
        if found is None:
            raise KindUnknown(msg("规则库里没有“%(code)s”这种事项。"), code=code)
        return found

    def codes(self) -> tuple[str, ...]:
        """Codes of all kinds, sorted."""
        return tuple(sorted(self._current))

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())

    def __len__(self) -> int:
        return len(self._kinds)

    def __contains__(self, key: object) -> bool:
        return key in self._kinds
