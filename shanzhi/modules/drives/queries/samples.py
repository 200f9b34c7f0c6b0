"""The checklists that come with the program, as samples that a city replaces by its own."""

from functools import cache
from pathlib import Path

from shanzhi.core.errors import NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.drives.policy.checklist import Checklist, read_checklist

FOLDER = Path(__file__).parent.parent / "catalogue"


@cache
def samples() -> tuple[str, ...]:
    """Their codes: the names of their files."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def sample_text(code: str) -> str:
    """The file of a sample.

    Raises:
        NotFound: there is none of this code.
    """
    if code not in samples():
        raise NotFound(msg("没有这份示例标准。请从列表里选。"))
    return (FOLDER / f"{code}.toml").read_text(encoding="utf-8")


def sample(code: str) -> Checklist:
    """A sample, read.

    Raises:
        NotFound: there is none of this code.
    """
    kinds = [kind.code for kind in organisation.place_catalogue().kinds]
    return read_checklist(sample_text(code).encode(), f"{code}.toml", kinds)
