"""The keeper takes the newest head out of the house: `shanzhi journal heads --out FILE`."""

from contextlib import nullcontext

import pytest

from shanzhi.config.commands import journal as commands
from shanzhi.core.errors import InputError
from shanzhi.kernel.journal import queries
from shanzhi.kernel.journal.tests.sealing import last_head
from shanzhi.modules.seals.queries import examine
from shanzhi.modules.seals.tests.sealed_city import sealed

__all__ = ["sealed"]


@pytest.fixture
def as_it_is(monkeypatch):
    """The command in this process, on the tests' database."""
    monkeypatch.setattr(commands, "ready", lambda *args, **given: nullcontext())


def test_it_writes_the_newest_head_that_can_be_checked_later(sealed, as_it_is, tmp_path, capsys):
    file = tmp_path / "head.txt"
    commands.heads(last=1, out=file)
    assert file.read_text(encoding="utf-8") == last_head().note
    assert examine(file.read_bytes()).verdict == "proved"
    # Its last lines are the public keys, for whoever takes them up by program.
    assert capsys.readouterr().out.splitlines()[-1].startswith("公钥 ")


def test_it_says_that_there_is_none_yet(db, as_it_is, tmp_path):
    assert queries.head_now() is None
    with pytest.raises(InputError, match="还没有树头"):
        commands.heads(last=1, out=tmp_path / "head.txt")
    assert list(tmp_path.iterdir()) == []
