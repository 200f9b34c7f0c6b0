"""What an operator may be shown of a caller's open matters without a reason: number, title, stage. Nothing is opened."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from shanzhi.kernel.matters.policy.suggest import suggest_category
from shanzhi.kernel.matters.queries.rights import phone_index
from shanzhi.kernel.matters.rulebook import categories, kind_version


@dataclass(frozen=True, slots=True)
class CallerMatter:
    """An open matter that was reported with the caller's phone."""

    number: str
    title: str
    stage_name: str
    reported_at: datetime


def open_of_phone(phone: str) -> tuple[CallerMatter, ...]:
    """The open matters whose contact has this phone (in its normal form), newest first, at most 20; 1 query.

    By the vault's blind index, in the place that the acting post stands for; empty for a post without the desk
    (`matters_open_of_phone`). Whoever calls it notes in the journal that it was asked.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, title, kind, kind_version, stage, reported_at FROM matters_open_of_phone(%s)",
            [phone_index(phone)],
        )
        rows = cursor.fetchall()
    return tuple(
        CallerMatter(number, title, kind_version(kind, version).stage(stage).name, reported_at)
        for number, title, kind, version, stage, reported_at in rows
    )


def likely_categories(title: str, body: str) -> tuple[tuple[str, str], ...]:
    """The categories that a text is likely about, best first, as (code, name); empty where nothing in it is known."""
    tree = categories()
    return tuple((item.code, tree.name(item.code)) for item in suggest_category(tree.rules, title, body))
