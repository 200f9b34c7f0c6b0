"""Making a check: how it was made goes in front of the checker's words."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.operations import Readable
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.operations import Done
from shanzhi.modules.checks.policy import check_words


@transaction.atomic
def check_make(
    *,
    matter_id: int,
    action: str,
    verb: str,
    way: str,
    words: str,
    uploads: Sequence[tuple[str, Readable]],
    actor: Actor,
    now: datetime,
    version: int | None,
    key: uuid.UUID | None,
) -> Done:
    """Pass or send back what was replied; `action` is the process's code for it, `uploads` are (name, file).

    Raises:
        CheckIncomplete: no way, or sent back without words.
        SamePerson: the checker handled the matter.
        DomainError: what `matters.operations.act` and `files.operations.store` raise; a refused file is named by its
            field.
    """
    said = check_words(way=way, words=words, verb=verb)
    try:
        stored = tuple(files.store(data=data, name=name, now=now) for name, data in uploads)
    except DomainError as error:
        error.fields.setdefault("files", error.sentence())
        raise
    return matters.act(
        matter_id=matter_id,
        action=action,
        actor=actor,
        now=now,
        fields={"words": said, "files": stored},
        version=version,
        key=key,
    )
