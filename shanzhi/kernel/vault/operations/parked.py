"""Forms parked while their writer signs in again."""

import json
import uuid
from datetime import datetime, timedelta

from django.db import transaction

from shanzhi.kernel.vault.keys import keyring
from shanzhi.kernel.vault.models import ParkedForm

PARKED_FOR = timedelta(hours=24)
PARKED_BYTES = 400_000


@transaction.atomic
def form_park(*, path: str, fields: dict[str, list[str]], now: datetime) -> str | None:
    """Keep what was typed until its writer has signed in again; returns the key, or None where it is too large.

    The fields are sealed with the city's key: a half-written reply can hold personal data.
    """
    key = uuid.uuid4()
    plain = json.dumps(fields, ensure_ascii=False).encode()
    if len(plain) > PARKED_BYTES:
        return None
    ParkedForm.objects.filter(parked_at__lt=now - PARKED_FOR).delete()
    sealed = keyring().seal(plain, context=key.bytes)
    ParkedForm.objects.create(id=key, path=path, sealed=sealed, parked_at=now)
    return str(key)


@transaction.atomic
def form_take_back(*, key: str, path: str, now: datetime) -> dict[str, list[str]]:
    """What was parked under `key` for `path`, once; empty where there is nothing (any more)."""
    try:
        wanted = uuid.UUID(key)
    except ValueError:
        return {}
    parked = ParkedForm.objects.filter(pk=wanted, path=path, parked_at__gte=now - PARKED_FOR).first()
    if parked is None:
        return {}
    fields: dict[str, list[str]] = json.loads(keyring().open_sealed(bytes(parked.sealed), context=wanted.bytes))
    parked.delete()
    return fields
