"""Where sessions are kept: Django's session engine over a table that the application can't read.

Django's own engine (`django.contrib.sessions.backends.db`) needs the right to read its whole table, in which the keys stand
in clear: one hole in one query would hand out every session of the city. Here the table has the SHA-256 of a key, and
the application reaches a row through functions that take that hash: it reads and changes only a session whose key it
was shown. What a person may see of their own sessions (device, place, times) is a policy by column and row.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import connection
from django.utils import timezone

ACCOUNT, POST, DEVICE, PLACE = "_auth_user_id", "post", "device", "place"
"""What of a session's data also stands in columns; the first is Django's own."""
_WRITE = "SELECT session_write(%s, %s, %s, %s, %s, %s, %s, %s, %s)"


def key_hash(key: str) -> bytes:
    """Under what a session is kept; a key has 160 bits of chance, so it needs no slow hash."""
    return sha256(key.encode()).digest()


class SessionStore(SessionBase):
    """Django's interface to a session. A session ends twelve hours after it began, whatever is done in it."""

    number: int | None = None
    """The row's id, once it was read: by it a person tells this session from their others."""

    def _now(self) -> datetime:
        # The engine is called by Django's middleware, before a request has its own time.
        return timezone.now()  # noqa: TID251

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key, where there is no such session (any more)."""
        row = self._one("SELECT id, data FROM session_read(%s, %s)", self._hash(), self._now())
        if row is None:
            self._session_key = None
            return {}
        self.number = int(row[0])
        data: dict[str, Any] = self.decode(row[1])
        return data

    def exists(self, session_key: str) -> bool:
        """Is there a session with this key?"""
        return self._one("SELECT 1 FROM session_read(%s, %s)", key_hash(session_key), self._now()) is not None

    def create(self) -> None:
        """Begin a session under a fresh key."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Keep what it holds.

        Raises:
            CreateError: the key is taken.
            UpdateError: it was ended in the meantime; it is not brought back to life.
        """
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        now = self._now()
        account = data.get(ACCOUNT)
        row = self._one(
            _WRITE,
            self._hash(),
            self.encode(data),
            int(account) if account is not None else None,
            data.get(POST),
            data.get(DEVICE, ""),
            data.get(PLACE, ""),
            now,
            now + timedelta(seconds=settings.SESSION_COOKIE_AGE),
            must_create,
        )
        if row is None or not row[0]:
            raise CreateError if must_create else UpdateError

    def delete(self, session_key: str | None = None) -> None:
        """End a session."""
        key = session_key or self.session_key
        if key is not None:
            self._one("SELECT session_delete(%s)", key_hash(key))

    @classmethod
    def clear_expired(cls) -> None:
        """The worker's nightly job does it (`operations.sessions_forget`)."""

    def _hash(self) -> bytes:
        return key_hash(self.session_key or "")

    def _one(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row
