"""Uploads of a form: stored at once, so that a form that comes back keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.forms import Form
from django.utils.translation import gettext

from shanzhi.core.errors import DomainError
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile, check_count
from shanzhi.modules.intake.web.sealed import kept_files, token_of


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A stored file as the form shows it: ticked, it comes along."""

    token: str
    name: str
    size: int
    is_picture: bool


def take_in(
    form: Form, field: str, uploads: "Sequence[UploadedFile[Any]]", tokens: Sequence[str], now: datetime
) -> list[StoredFile]:
    """Store what came and return it after what was stored before; each file that can't be taken says so in the form."""
    stored = kept_files(tokens)
    try:
        check_count(len(stored) + len(uploads))
    except DomainError as error:
        form.add_error(field, error.sentence(gettext))
        return stored
    for upload in uploads:
        name = clean_text(upload.name or "")
        try:
            stored.append(files.store(data=upload, name=name, now=now))
        except DomainError as error:
            said = {"name": name[:40], "sentence": error.sentence(gettext)}
            form.add_error(field, gettext(msg("“%(name)s”：%(sentence)s")) % said)
    return list({file.sha256: file for file in stored}.values())


def shown(stored: Sequence[StoredFile]) -> list[KeptFile]:
    """The stored files for the form."""
    return [KeptFile(token_of(file), file.name, file.size, file.width is not None) for file in stored]
