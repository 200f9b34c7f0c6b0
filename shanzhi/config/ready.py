"""What every command needs first: the environment, a running database, Django."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

import django

from shanzhi.config.installation import UNFINISHED, Installation, RestoreUnfinished
from shanzhi.config.observe.folder import FOLDER_VARIABLE, fresh_folder
from shanzhi.core.memory import uncollected
from shanzhi.core.text import msg


@contextmanager
def ready(role: str = "", *, prepare: bool = False) -> Iterator[Installation]:
    """Django set up on a running database, acting as `role` where one is given; `prepare` also makes roles and migrates."""
    # Imported here, as in the commands: it needs settings, and those need the environment that comes first.
    from shanzhi.config import database

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanzhi.config.settings")
    if role:
        os.environ["SHANZHI_ROLE"] = role
    installation = Installation.from_environment()
    if (installation.home / UNFINISHED).exists():
        raise RestoreUnfinished(
            msg("%(home)s 里的恢复没有做完，不能使用。请再运行一次同样的 shanzhi restore，它会清掉重来。"),
            home=installation.home,
        )
    if role and FOLDER_VARIABLE not in os.environ:
        os.environ[FOLDER_VARIABLE] = str(fresh_folder(installation.home, role))
    if installation.is_embedded:
        database.start_embedded(installation)
        database.create_database(installation)
    # What is loaded stays to the end: it isn't looked through for cycles, neither while it comes nor later.
    with uncollected():
        django.setup()
    gc.freeze()
    database.repoint(installation)
    if prepare:
        database.prepare(installation)
    yield installation
