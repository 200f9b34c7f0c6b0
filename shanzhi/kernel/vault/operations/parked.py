"""Forms parked while their writer signs in again.

Anybody can post a form without a session, so room is limited, and never by refusing: who holds the most gives way. A
browser keeps its newest forms; when all room is taken, the address that holds the most loses its oldest. A flood thus
displaces itself, and an office whose sessions all end at once holds a few hundred kilobytes and keeps them.
"""

import json
import uuid
from datetime import datetime, timedelta

from django.db import connection, transaction

from shanzhi.kernel.vault.keys import keyring, open_sealed
from shanzhi.kernel.vault.models import ParkedForm

PARKED_FOR = timedelta(hours=24)
PARKED_BYTES = 400_000
PARKED_BYTES_IN_ALL = 64_000_000
PARKED_A_BROWSER = 20


@transaction.atomic
def form_park(
    *, path: str, fields: dict[str, list[str]], now: datetime, address: str = "", browser: str = ""
) -> str | None:
    """Keep what was typed until its writer has signed in again; returns the key, or None where it is too large.

    The fields are sealed with the city's key: a half-written reply can hold personal data. `address` and `browser`
    (what its session cookie says) are kept as keyed hashes, for a day.
    """
    key = uuid.uuid4()
    plain = json.dumps(fields, ensure_ascii=False).encode()
    if len(plain) > PARKED_BYTES:
        return None
    ring = keyring()
    parked = ParkedForm(
        id=key,
        path=path,
        sealed=ring.seal(plain, context=key.bytes),
        parked_at=now,
        address=ring.blind_index(address, "parked.address"),
        browser=ring.blind_index(f"{address} {browser}", "parked.browser"),
    )
    ParkedForm.objects.filter(parked_at__lt=now - PARKED_FOR).delete()
    _make_room(parked)
    parked.save(force_insert=True)
    return str(key)


# The newest forms of this browser stay, but for one whose place the new form takes.
_BROWSER = """
DELETE FROM vault_parkedform WHERE id IN (
    SELECT id FROM vault_parkedform WHERE browser = %s ORDER BY parked_at DESC, id OFFSET %s)
"""
# How many bytes are too many with the new form, and the oldest forms of the address that holds the most, up to as many.
_HEAVIEST = """
WITH room AS (SELECT address, sum(octet_length(sealed)) AS bytes FROM vault_parkedform GROUP BY address),
excess AS (SELECT sum(bytes) + %s - %s AS bytes FROM room),
heaviest AS (SELECT address FROM room ORDER BY bytes DESC LIMIT 1),
oldest AS (
    SELECT p.id, sum(octet_length(p.sealed)) OVER (ORDER BY p.parked_at, p.id) - octet_length(p.sealed) AS before
    FROM vault_parkedform p JOIN heaviest USING (address))
DELETE FROM vault_parkedform WHERE id IN (SELECT o.id FROM oldest o, excess e WHERE o.before < e.bytes)
"""


def _make_room(parked: ParkedForm) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BROWSER, [bytes(parked.browser), PARKED_A_BROWSER - 1])
        cursor.execute(_HEAVIEST, [len(parked.sealed), PARKED_BYTES_IN_ALL])


@transaction.atomic
def form_take_back(*, key: str, path: str, now: datetime) -> dict[str, list[str]]:
    """What was parked under `key` for `path`, once; empty where there is nothing (any more).

    Of two that come for it at once, one gets it.
    """
    try:
        wanted = uuid.UUID(key)
    except ValueError:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM vault_parkedform WHERE id = %s AND path = %s AND parked_at >= %s RETURNING sealed",
            [wanted, path, now - PARKED_FOR],
        )
        row = cursor.fetchone()
    if row is None:
        return {}
    fields: dict[str, list[str]] = json.loads(open_sealed(row[0], context=wanted.bytes))
    return fields
