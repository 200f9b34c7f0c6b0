"""Proving a backup: restore it into a scratch place beside, look at everything, throw the place away.

`python -m shanzhi.config.backup.verify` is the process that lives in the scratch place; its order comes by standard input,
so that no key stands in a list of processes.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shanzhi.config.backup import tools
from shanzhi.config.backup.errors import BackupError, NoRoom
from shanzhi.config.backup.place import Place, restore
from shanzhi.config.backup.sealed import FileKey, Opener, SealedReader
from shanzhi.config.doctor import findings
from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg

ABOUT_THE_DATA = frozenset(
    {"数据库", "数据库角色", "行级安全不能绕过", "数据表", "行级安全", "密钥", "事项与留痕", "留痕封存"}
)
"""The doctor's findings that a restored place has to pass; the others tell of the machine."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One thing that was looked at in the restored place."""

    what: str
    ok: bool
    seen: str


class Unproved(BackupError):
    """A backup that could not be restored, or whose content isn't sound."""

    code = "backup-unproved"


def key_of(path: Path, opener: Opener) -> bytes:
    """The file's own key, for `verify`; raises what `SealedReader` raises."""
    found: list[bytes] = []

    class Noting:
        """Passes on what the opener says and keeps it."""

        def unwrap(self, said: dict[str, Any]) -> bytes:
            """The key."""
            found.append(opener.unwrap(said))
            return found[0]

    with path.open("rb") as source:
        SealedReader(source, Noting())
    return found[0]


def verify(path: Path, file_key: bytes, *, beside: Path, secrets: Path | None = None) -> list[Looked]:
    """Restore into a scratch folder in `beside` and look; the scratch is gone afterwards, whatever happens.

    Raises:
        Unproved: it could not be restored; the sentence has the reason.
    """
    try:
        scratch = Path(tempfile.mkdtemp(prefix="proof-", dir=beside))
    except OSError as error:
        raise NoRoom(
            msg("%(folder)s 写不进（%(reason)s），没有地方试恢复。"), folder=beside, reason=error.strerror
        ) from error
    order = {"file": str(path), "key": file_key.hex(), "into": str(scratch / "home"), "secrets": str(secrets or "")}
    ours = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "SHANZHI_ROLE"}}
    try:
        child = subprocess.run(
            [sys.executable, "-m", "shanzhi.config.backup.verify"],
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            env={**ours, "SHANZHI_HOME": str(scratch / "home")},
            check=False,
        )
    finally:
        tools.stop_cluster(scratch / "home" / "pg")
        shutil.rmtree(scratch, ignore_errors=True)
    said = json.loads(child.stdout or b"{}")
    if "looked" not in said:
        reason = said.get("sentence") or f"exit code {child.returncode}"
        raise Unproved(msg("试恢复没有成功：%(reason)s"), reason=reason)
    return [Looked(**row) for row in said["looked"]]


def _journal() -> Looked:
    """The restored journal, computed anew from its rows and compared with what was sealed and signed."""
    from django.conf import settings  # noqa: PLC0415 - those of the scratch place

    from shanzhi.config import database  # noqa: PLC0415
    from shanzhi.kernel.journal import queries  # noqa: PLC0415

    with database.acting_as(settings.INSTALLATION, "worker"):
        found = queries.verify()
    seen = (
        "；".join(str(row) for row in found.damages[:3])
        or f"{found.leaves:,} 条封存的留痕、{found.heads} 份树头都对得上"
    )
    return Looked("留痕封存", found.is_whole and found.unsealed <= 1, seen)


def _live_in_the_scratch_place() -> None:
    order = json.loads(sys.stdin.buffer.read())
    said: dict[str, Any]
    try:
        secrets = Path(order["secrets"]) if order["secrets"] else None
        place = Place(Path(order["into"]))
        opener = FileKey(bytes.fromhex(order["key"]))
        manifest = restore(Path(order["file"]), opener, place=place, now=datetime.now(UTC), secrets=secrets)
        rows = sum(manifest.tables.values())
        looked = [Looked("行数", True, f"{len(manifest.tables)} 张表 {rows:,} 行，与备份时一致")]
        looked += [
            _journal(),
            *(Looked(row.what, row.ok, row.seen) for row in findings() if row.what in ABOUT_THE_DATA),
        ]
        said = {"looked": [asdict(row) for row in looked]}
    except DomainError as error:
        said = {"sentence": str(error)}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    _live_in_the_scratch_place()
