"""A demo city is whole or it isn't there: what was broken off in the middle is cleared away, and made from the start.

Days that were driven half can't be gone on with: whose turn it was stood in memory. So a mark lies in the home folder
from before the first row until the city is whole, and whoever finds it starts over.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.db import connections
from psycopg import sql

from shanzhi.config import database
from shanzhi.config.demo.city import DemoMissing, is_loaded
from shanzhi.config.installation import Installation
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.matters.rulebook import forget_kinds
from shanzhi.kernel.organisation import queries

CLEARED, KEPT = "empty before\n", "regions before\n"
"""What the mark says: was there anything that the demo didn't make?"""


def mark_of(installation: Installation) -> Path:
    """The file that lies there while a city is being made."""
    return installation.home / f"demo-{installation.schema}-unfinished"


@contextmanager
def whole_or_not(installation: Installation, *, city_code: str, now: datetime) -> Iterator[None]:
    """Make the city within: marked before anything is written, the mark taken away once all is there.

    Raises:
        DemoMissing: another process is at it.
    """
    was_there = bool(queries.top_regions(local_date(now))) or is_loaded(city_code, now)
    with mark_of(installation).open("a+", encoding="ascii") as mark:
        _hold(mark.fileno())
        mark.truncate(0)
        mark.write(KEPT if was_there else CLEARED)
        mark.flush()
        yield
        mark_of(installation).unlink()


def _hold(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise DemoMissing(msg("另一个窗口正在准备这座演示城市。请等它做完，或用 SHANZHI_SCHEMA 另起一座。")) from None


def start_over(installation: Installation) -> bool:
    """Clear away a city that was broken off, if one was; returns whether. Nothing is left of it in the database.

    Raises:
        DemoMissing: it was made upon regions that the demo hadn't loaded, which it doesn't throw away; or another process
            is making it right now.
    """
    if not mark_of(installation).exists():
        return False
    with mark_of(installation).open("r+", encoding="ascii") as mark:
        _hold(mark.fileno())
        if mark.read() == KEPT:
            raise DemoMissing(
                msg(
                    "上次的演示城市没有做完，而这里先前已有载入的区划，不能代您清掉。"
                    "请设环境变量 SHANZHI_SCHEMA 换一个 schema 再试，或清空 %(home)s。"
                ),
                home=installation.home,
            )
        connections.close_all()
        with database.as_owner(installation) as owner:
            owner.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(installation.schema)))
        database.prepare(installation)
        forget_kinds()
    return True
