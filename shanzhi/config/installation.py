"""Where one installation keeps itself: its folder, its secrets, its database.

Environment: `SHANZHI_HOME` (default `var` beside the package), `DATABASE_URL` (a role that may create roles or
owns the schema; empty means the embedded PostgreSQL in the home folder), `SHANZHI_SCHEMA` (default `shanzhi`; one
city, one schema), `SHANZHI_DATABASE` (default `shanzhi`; the embedded server's database).
"""

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import new_seed
from shanzhi.kernel.vault.policy.envelope import new_keyring_text

ROLES = ("owner", "app", "worker", "importer")
"""The city's database roles; in PostgreSQL each is named `<schema>_<role>`."""


SECRET_FILES = ("secrets.json",)
"""What the home folder keeps secret: without it the database can't be opened, nor what is sealed in it."""

UNFINISHED = "restore-unfinished.json"
"""Lies in a home folder while a backup is being restored into it."""


class RestoreUnfinished(DomainError):
    """A restore into this place was broken off."""

    code = "restore-unfinished"


class SecretsLost(DomainError):
    """The installation's secrets are gone, and its database isn't."""

    code = "secrets-lost"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must never be in the repository or a log; kept in `secrets.json`, readable by its owner only."""

    secret_key: str
    keyring: str
    passwords: dict[str, str]
    signing: str
    """The private keys that sign the journal's heads, one a line in Base64, the active one first."""

    def derived(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose, by HKDF-SHA256 (RFC 5869) from the secret key; the same each time."""
        return HKDF(SHA256(), 32, None, f"shanzhi.{purpose}".encode()).derive(self.secret_key.encode())

    @classmethod
    def load(cls, path: Path) -> "Secrets":
        """Read the file, or make it with fresh secrets where there is none (all or nothing, mode 0600).

        A file of an earlier version gets what it lacks.

        Raises:
            SecretsLost: there is a database beside it already, which only the lost file can open.
        """
        if not path.exists():
            if (path.parent / "pg" / "PG_VERSION").exists():
                raise SecretsLost(
                    msg("%(path)s 不见了，而数据库还在。请从备份恢复这个文件；没有它，数据库和加密内容都打不开。"),
                    path=path,
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = {
                "secret_key": secrets.token_urlsafe(48),
                "keyring": new_keyring_text(),
                "passwords": {role: secrets.token_urlsafe(24) for role in ROLES},
                "signing": new_seed(),
            }
            draft = _draft(path, fresh)
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        stored = json.loads(path.read_text(encoding="utf-8"))
        return cls(**(stored if "signing" in stored else _change(path, lambda old: {"signing": new_seed(), **old})))


def _draft(path: Path, content: Mapping[str, object]) -> Path:
    """The content in a file of its own beside `path`, readable by its owner only, safely on the disk."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    with draft.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _change(path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Change the secrets file, one process at a time; returns what it holds now.

    The file is replaced whole, after the new one is safely on the disk: a process that reads sees the old or the new one,
    also after a power cut. The one before stays beside it as `secrets.json.previous`; both are their owner's only.
    """
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = json.loads(path.read_text(encoding="utf-8"))
        changed = change(before)
        _draft(path, before).replace(path.with_name(f"{path.name}.previous"))
        _draft(path, changed).replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return changed


def home_folder() -> Path:
    """Where the environment says that an installation lives."""
    return Path(os.environ.get("SHANZHI_HOME") or Path(__file__).parents[2] / "var").resolve()


@dataclass(frozen=True, slots=True)
class Installation:
    """One city's installation as the environment describes it."""

    home: Path
    schema: str
    database: str
    admin_url: str
    secrets: Secrets

    @classmethod
    def from_environment(cls) -> "Installation":
        """Read the environment; makes the secrets at the first start."""
        home = home_folder()
        return cls(
            home=home,
            schema=os.environ.get("SHANZHI_SCHEMA", "shanzhi"),
            database=os.environ.get("SHANZHI_DATABASE", "shanzhi"),
            admin_url=os.environ.get("DATABASE_URL", ""),
            secrets=Secrets.load(home / "secrets.json"),
        )

    def signing(self) -> str:
        """The signing keys as they are now: a rotation reaches running processes."""
        return Secrets.load(self.secrets_file).signing

    def rotate_signing(self) -> None:
        """Put a fresh signing key before those that are there."""
        _change(self.secrets_file, lambda old: {**old, "signing": f"{new_seed()}\n{old['signing']}"})

    @property
    def secrets_file(self) -> Path:
        """Where the secrets are kept."""
        return self.home / "secrets.json"

    def secrets_stamp(self) -> tuple[str, int, int, int]:
        """What changes whenever the secrets' file does: its path, time in nanoseconds, number and size."""
        try:
            seen = self.secrets_file.stat()
        except OSError:
            return (str(self.secrets_file), 0, 0, 0)
        return (str(self.secrets_file), seen.st_mtime_ns, seen.st_ino, seen.st_size)

    def keyring_text(self) -> str:
        """The key ring as the file has it now; the one of this process's start where there is no file."""
        if not self.secrets_file.exists():
            return self.secrets.keyring
        return Secrets.load(self.secrets_file).keyring

    def keyring_change(self, change: Callable[[str], str]) -> str:
        """Let `change` make the key ring's new text from the old one, in the secrets' file; returns the new text."""
        return str(_change(self.secrets_file, lambda old: {**old, "keyring": change(old["keyring"])})["keyring"])

    @property
    def is_embedded(self) -> bool:
        """Does this installation run its own PostgreSQL?"""
        return not self.admin_url

    @property
    def cluster(self) -> Path:
        """The embedded server's data folder."""
        return self.home / "pg"

    def role(self, name: str) -> str:
        """The name in PostgreSQL of one of `ROLES`."""
        return f"{self.schema}_{name}"

    def address(self) -> dict[str, str]:
        """Host, port and database name as libpq takes them."""
        if self.admin_url:
            parts = urlsplit(self.admin_url)
            query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
            return {
                "host": unquote(query.get("host", parts.hostname or "")),
                "port": str(parts.port or query.get("port", "") or ""),
                "dbname": unquote(parts.path.lstrip("/")) or self.database,
            }
        return {"host": str(embedded_socket_folder(self.cluster)), "port": "", "dbname": self.database}

    def django_database(self, role: str) -> dict[str, object]:
        """Django's DATABASES entry for one of `ROLES`; one kept connection a thread, statements prepared."""
        address = self.address()
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": address["dbname"],
            "HOST": address["host"],
            "PORT": address["port"],
            "USER": self.role(role),
            "PASSWORD": self.secrets.passwords[role],
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {
                "application_name": f"shanzhi {role}",
                "options": f"-c search_path={self.schema}",
                "server_side_binding": True,
                "prepare_threshold": 2,
                "connect_timeout": 5,
            },
        }


def embedded_socket_folder(cluster: Path) -> Path:
    """The folder of the running embedded server's socket; the data folder itself while it is down."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return cluster
    return Path(lines[4]) if len(lines) > 4 and lines[4] else cluster
