"""Ties, as the database answers about them: yes or no, about oneself or to whoever names members."""

from datetime import date

from django.db import connection


def is_tied(staff_id: int, code: str, on: date) -> bool:
    """Did a member of staff work in a region or below it within three years, as a post or as declared? 1 query.

    Answered about oneself, and to whoever names members of a round; to everybody else it is no.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT rounds_tied(%s, %s, %s)", [staff_id, code, on])
        (answer,) = cursor.fetchone()
    return bool(answer)
