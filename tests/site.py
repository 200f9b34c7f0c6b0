"""A whole installation for tests that need real processes: its own folder, database, web server and worker.

The test's own process keeps its settings, environment and database: everything that needs Django set up on the
installation runs in a child. Run as a program, this file is that child: `prepare` makes roles, tables, the standing city
(`tests/city.py`), tokens and static files and prints the cast as JSON.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.utils import timezone
from psycopg import sql

from shanzhi.config import database, server
from shanzhi.config.installation import Installation, Secrets
from tests.prepared import copy_prepared
from tests.server import relax

ROOT = Path(__file__).parents[1]
UP_SECONDS = 180
HOST = "127.0.0.1"
SETTINGS = "tests.site_settings"
EMPTY = "shanzhi_empty"
"""The database beside the standing city's: migrated, with nobody in it, for installations of others."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the cast: the sign-in name, a token for the API, and the post's unit."""

    login: str
    token: str
    unit_id: int
    unit_name: str


@dataclass(frozen=True, slots=True)
class Reported:
    """What a reporter gets."""

    number: str
    code: str


@dataclass(slots=True)
class Site:
    """A running installation and its standing cast."""

    installation: Installation
    port: int
    cast: Mapping[str, Part]
    children: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The address of the first page, without the slash."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Start web server and worker; returns when the web server answers."""
        web = server.web_command(HOST, self.port, 1, 4)
        self.children += [
            server.start(web, self.environment("app")),
            server.start(server.worker_command(), self.environment("worker")),
        ]
        self.wait_until_up(self.children[0])

    def wait_until_up(self, web: "subprocess.Popen[bytes]") -> None:
        """Return when the web server answers."""
        deadline = time.monotonic() + UP_SECONDS
        while time.monotonic() < deadline:
            assert web.poll() is None, "the web server ended while it started"
            with suppress(OSError, http.client.HTTPException):
                if self.call("GET", "/healthz")[0] == 200:
                    return
            time.sleep(0.1)
        raise AssertionError("the web server did not come up")

    def stop(self) -> None:
        """Stop what was started, in the other order."""
        while self.children:
            server.stop(self.children.pop())

    def keep(self) -> None:
        """Remember the city as it stands, for `renew`; before anything is started."""
        with _administering(self.installation) as connection:
            _copy_database(connection, self.installation.database, self._kept)

    def renew(self) -> None:
        """Put the city back as it was kept. Web server and worker stay up and find a new database under the old name."""
        with _administering(self.installation) as connection:
            name = sql.Identifier(self.installation.database)
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
            _copy_database(connection, self._kept, self.installation.database)

    @property
    def _kept(self) -> str:
        return f"{self.installation.database}_kept"

    def environment(self, role: str) -> dict[str, str]:
        """What a child needs to act on this installation."""
        return {**_clean(server.environment(self.installation, role)), **self.settings}

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """One call of the HTTP API, or of any page that answers with JSON: status and answer."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else {}
        finally:
            connection.close()

    def report(self, body: str, **fields: object) -> Reported:
        """Report as somebody without an account."""
        status, answer = self.call("POST", "/api/v1/reports", {"body": body, **fields})
        assert status == 201, answer
        return Reported(answer["number"], answer["follow_code"])

    def act(self, part: str, number: str, action: str, **fields: object) -> str:
        """Do one action as one of the cast; returns the stage that the matter is in then."""
        path = f"/api/v1/matters/{number}/actions/{action}"
        status, answer = self.call("POST", path, fields, {"Authorization": f"Bearer {self.cast[part].token}"})
        assert status == 200, answer
        stage: str = answer["stage"]
        return stage

    def bring_to(self, number: str, stage: str, lead: str = "handler") -> None:
        """Take a fresh report as far as `stage`: accepted, dispatched, handling, checking or verdict."""
        steps: tuple[tuple[str, str, str, dict[str, object]], ...] = (
            ("accepted", "dispatcher", "accept", {"category": "housing.property-service"}),
            ("dispatched", "dispatcher", "dispatch", {"lead": self.cast[lead].unit_id}),
            ("handling", lead, "take", {}),
            ("checking", lead, "reply", {"reply": "已到现场处理完毕。"}),
            ("verdict", "checker", "check_pass", {"words": "电话回访属实。"}),
        )
        for reached, part, action, fields in steps:
            assert self.act(part, number, action, **fields) == reached
            if reached == stage:
                return
        raise AssertionError(f"no way to {stage}")

    def soon(self, job: str) -> None:
        """Let the worker do a job that has its minute or hour now; one that waits already is enough."""
        with psycopg.connect(database.admin_url(self.installation), autocommit=True) as connection:
            table = sql.Identifier(self.installation.schema, "procrastinate_jobs")
            added = sql.SQL(
                "INSERT INTO {} (queue_name, task_name, queueing_lock, args)"
                " VALUES ('default', %s, %s, '{{\"timestamp\": 0}}') ON CONFLICT DO NOTHING"
            )
            # The trigger that tells the worker names nothing's schema.
            connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(self.installation.schema)))
            connection.execute(added.format(table), [job, job])

    def stage(self, number: str) -> str:
        """The stage a matter is in, as the city's supervisor sees it."""
        headers = {"Authorization": f"Bearer {self.cast['supervisor'].token}"}
        status, answer = self.call("GET", f"/api/v1/matters/{number}", headers=headers)
        assert status == 200, answer
        stage: str = answer["stage"]
        return stage


@contextmanager
def running_site(settings: Mapping[str, str] | None = None) -> Iterator[Site]:
    """A fresh site with its web server and worker up; everything is stopped and removed at the end.

    `settings` are environment variables of its processes beyond the usual ones.
    """
    # Short, because the database's socket lies in it and such a path may have 107 characters.
    home = Path(tempfile.mkdtemp(prefix="sz-"))
    rows = prepare_home(home)
    installation = Installation(
        home=home, schema="shanzhi", database="shanzhi", admin_url="", secrets=Secrets.load(home / "secrets.json")
    )
    engine: Any = None
    site: Site | None = None
    try:
        engine = database.start_embedded(installation)
        relax(installation)
        cast = {name: Part(**row) for name, row in rows.items()}
        site = Site(installation, free_port(), cast, settings=settings or {})
        site.keep()
        site.start()
        yield site
    finally:
        if site is not None:
            site.stop()
        if engine is not None:
            engine.stop()
        shutil.rmtree(home, ignore_errors=True)


def _administering(installation: Installation) -> "psycopg.Connection[Any]":
    return psycopg.connect(database.admin_url(installation, "postgres"), autocommit=True)


def _copy_database(connection: "psycopg.Connection[Any]", old: str, new: str) -> None:
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    connection.execute(made.format(sql.Identifier(new), sql.Identifier(old)))


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what would lead a child to another database; signed in by password alone, where a test says nothing else."""
    kept = {name: value for name, value in environment.items() if name not in ("DATABASE_URL", "SHANZHI_HOSTS")}
    return {"SHANZHI_MFA": "off"} | kept | {"DJANGO_SETTINGS_MODULE": SETTINGS}


def prepare_home(home: Path) -> dict[str, dict[str, Any]]:
    """Fill a folder with a prepared installation, nothing of it started; returns the standing cast as JSON says it."""
    # Without what would lead the child to this process's own installation.
    bare = {name: value for name, value in os.environ.items() if not name.startswith("SHANZHI_")}
    found: dict[str, dict[str, Any]] = json.loads(copy_prepared(home, "tests.site", _clean(bare)))
    return found


def main() -> None:
    """The child's part of `running_site`."""
    # Imported here and below: Django is set up only by `ready`, and the parent must not need it.
    from shanzhi.config.ready import ready  # noqa: PLC0415

    with ready(prepare=True) as installation:
        from django.db import connections  # noqa: PLC0415

        from shanzhi.config.assets import collect  # noqa: PLC0415
        from shanzhi.kernel.access import operations as access  # noqa: PLC0415
        from shanzhi.kernel.access.tests.two_posts import two_posts  # noqa: PLC0415
        from tests.city import LOGINS, load_city  # noqa: PLC0415

        connections.close_all()
        with _administering(installation) as connection:
            _copy_database(connection, installation.database, EMPTY)
        now = timezone.now()
        found = {
            part: {
                "login": LOGINS[part],
                "token": access.token_issue(post_id=actor.post_id or 0, label="tests", now=now),
                "unit_id": actor.unit_id,
                "unit_name": actor.unit_name,
            }
            for part, actor in load_city(installation).actors().items()
        }
        both = two_posts()
        found["two_posts"] = found["checker"] | {"login": both.login, "token": ""}
        collect()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
