"""Evidence that comes with a form: stored at once, so that a form that comes back keeps it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.utils.translation import gettext

from shanzhi.core.errors import DomainError
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile, check_count
from shanzhi.kernel.files.queries import is_in_store

KEPT_FOR = timedelta(hours=24)
_SALT = "figures.kept"


@dataclass(frozen=True, slots=True)
class Brought:
    """What lies in the store now, and why something doesn't."""

    stored: tuple[StoredFile, ...]
    problems: tuple[str, ...]

    def shown(self) -> list[tuple[str, str, int]]:
        """For the form: a signed text that stands for the file, its name and size."""
        return [(_token(file), file.name, file.size) for file in self.stored]


def brought(request: ActingRequest) -> Brought:
    """The files that were stored before and those that came now."""
    stored = list(_kept(request.POST.getlist("kept")))
    uploads = request.FILES.getlist("files")
    try:
        check_count(len(stored) + len(uploads))
    except DomainError as error:
        return Brought(tuple(stored), (error.sentence(gettext),))
    problems = []
    for upload in uploads:
        name = clean_text(upload.name or "")
        try:
            stored.append(files.store(data=upload, name=name, now=request.now))
        except DomainError as error:
            said = {"name": name[:40], "sentence": error.sentence(gettext)}
            problems.append(gettext(msg("“%(name)s”：%(sentence)s")) % said)
    return Brought(tuple({file.sha256: file for file in stored}.values()), tuple(problems))


def _token(file: StoredFile) -> str:
    content = {
        "sha256": file.sha256, "media_type": file.media_type, "size": file.size, "name": file.name,
        "width": file.width, "height": file.height,
    }  # fmt: skip
    return signing.dumps(content, salt=_SALT, compress=True)


def _kept(tokens: Iterable[str]) -> Iterable[StoredFile]:
    """The files of these texts; forged and old ones are left out, and those whose bytes were removed meanwhile."""
    for token in tokens:
        try:
            file = StoredFile(**signing.loads(token, salt=_SALT, max_age=KEPT_FOR))
        except signing.BadSignature:
            continue
        if is_in_store(file.sha256):
            yield file
