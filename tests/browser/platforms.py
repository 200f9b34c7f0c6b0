"""Platforms beside the standing city's: other cities' and the level above, each with a folder, keys, database and files of its
own.

A platform is served (`running_platform`), or only a child of it lives, which does what it is asked (`tests.browser.acts`).
"""

import json
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shanzhi.config import database
from shanzhi.config.installation import Installation, Secrets
from shanzhi.kernel.journal.policy import new_seed
from tests.server import relax
from tests.site import EMPTY, ROOT, Part, Site, free_port, prepare_home


@dataclass(slots=True)
class Child:
    """A process that acts on an installation, one thing after the other, in the order in which it is told."""

    process: "subprocess.Popen[str]"
    told: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Child":
        """Start it."""
        command = [sys.executable, "-m", "tests.browser.platforms"]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return cls(subprocess.Popen(command, cwd=ROOT, env=dict(environment), text=True, **pipes))

    def tell(self, act: str, **given: Any) -> None:
        """Let it do something meanwhile; `hear` waits for it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([act, given]) + "\n")
        self.process.stdin.flush()
        self.told.append(act)

    def hear(self) -> Any:
        """Wait until all that it was told is done; returns what came of the last."""
        answer: Any = None
        assert self.process.stdout is not None
        for act in self.told:
            line = self.process.stdout.readline()
            assert line, f"the child ended at {act}"
            said = json.loads(line)
            assert "failed" not in said, f"{act}: {said['failed']}"
            answer = said["answer"]
        self.told.clear()
        return answer

    def ask(self, act: str, **given: Any) -> Any:
        """Let it do something, and wait for it."""
        self.tell(act, **given)
        return self.hear()

    def end(self) -> None:
        """Let it go."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


@dataclass(slots=True)
class Platform:
    """A site, served or not, and the child that acts on it."""

    site: Site
    child: Child

    def opens(self, parts: Mapping[str, Mapping[str, Any]]) -> None:
        """Sign-ins that its child opened are of its cast."""
        self.site.cast = dict(self.site.cast) | {name: Part(**row) for name, row in parts.items()}


@contextmanager
def beside(site: Site) -> Iterator[Platform]:
    """A child that acts on a running site."""
    child = Child.of(site.environment("app"))
    cast = site.cast
    try:
        yield Platform(site, child)
    finally:
        child.end()
        site.cast = cast


@contextmanager
def platform() -> Iterator[Platform]:
    """A platform on which nobody is yet; its database is up, its pages aren't."""
    # Short, because the database's socket lies in it and such a path may have 107 characters.
    home = Path(tempfile.mkdtemp(prefix="sz-"))
    engine: Any = None
    child: Child | None = None
    site: Site | None = None
    try:
        prepare_home(home)
        secrets = home / "secrets.json"
        # The database's passwords are the prepared one's; the keys are its own.
        kept = json.loads(secrets.read_text(encoding="utf-8")) | {"signing": new_seed()}
        secrets.write_text(json.dumps(kept), encoding="utf-8")
        made = Installation(home, "shanzhi", EMPTY, "", Secrets.load(secrets))
        engine = database.start_embedded(made)
        relax(made)
        site = Site(made, free_port(), {})
        child = Child.of(site.environment("app"))
        yield Platform(site, child)
    finally:
        if site is not None:
            site.stop()
        if child is not None:
            child.end()
        if engine is not None:
            engine.stop()
        shutil.rmtree(home, ignore_errors=True)


def main() -> None:
    """The child's part."""
    # Imported here and below: Django is set up only by `ready`, and the parent must not need it.
    from shanzhi.config.ready import ready  # noqa: PLC0415

    answers = sys.stdout
    sys.stdout = sys.stderr
    with ready("app"):
        from tests.browser.acts import ACTS  # noqa: PLC0415

        for line in sys.stdin:
            act, given = json.loads(line)
            try:
                said = {"answer": ACTS[act](**given)}
            except Exception:
                said = {"failed": traceback.format_exc()}
            answers.write(json.dumps(said) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
