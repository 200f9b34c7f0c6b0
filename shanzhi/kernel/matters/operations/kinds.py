"""Taking over process files: a version that matters run under never changes."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.matters.models import GoLive, KindVersion
from shanzhi.kernel.matters.policy.golive import kind_subject
from shanzhi.kernel.matters.policy.process import KindChanged
from shanzhi.kernel.matters.rulebook import CATALOGUE, forget_kinds, read_kind


def shipped_kinds() -> list[Path]:
    """The process files that come with the program."""
    return sorted((CATALOGUE / "kinds").glob("*.toml"))


@transaction.atomic
def kinds_take_over(*, paths: Iterable[Path] | None = None, now: datetime) -> int:
    """Take over process files that are new; returns how many versions were added.

    Raises:
        UnsoundKind: a file isn't sound; nothing is taken over.
        KindChanged: a file differs from what was taken over under the same version.
    """
    added = 0
    for path in shipped_kinds() if paths is None else paths:
        source = path.read_text(encoding="utf-8")
        kind = read_kind(source, path.name)
        subject = kind_subject(kind.code)
        row, is_new = KindVersion.objects.get_or_create(
            code=kind.code,
            version=kind.version,
            defaults={"source": source, "digest": kind.digest, "loaded_at": now},
        )
        # A city that keeps this kind itself gets the program's newer version as a draft, and its own numbers stay its own.
        is_the_citys = GoLive.objects.filter(subject=subject, post__isnull=False).exists()
        if is_new and not is_the_citys:
            GoLive.objects.create(subject=subject, number=kind.version, holds_from=local_date(now), decided_at=now)
        if row.digest != kind.digest and not is_the_citys:
            raise KindChanged(
                msg("“%(kind)s”第 %(version)s 版已在使用，文件却改了。改动流程要把 version 加一。"),
                kind=kind.name,
                version=kind.version,
            )
        added += is_new
    forget_kinds()
    return added
