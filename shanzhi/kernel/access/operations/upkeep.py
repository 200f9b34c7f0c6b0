"""What stands on a holding ends with it: at once where the holding ends, every minute for ends whose day has come."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.models import Session, Token
from shanzhi.kernel.access.operations.sessions import journal_end
from shanzhi.kernel.access.operations.tokens import token_end
from shanzhi.kernel.access.policy.sessions import POST_ENDED
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import HoldingEnded


def after_holding(ended: HoldingEnded, now: datetime) -> None:
    """End the post's tokens, and the sessions of whoever held it where it was their last post. In the transaction that
    ends the holding, so that there is no moment between the two."""
    _end_tokens(Token.objects.filter(post_id=ended.post_id, ended_at=None), now)
    if ended.staff_id is not None:
        _end_sessions([ended.staff_id], now)


@transaction.atomic
def end_what_ended(*, now: datetime) -> tuple[int, int]:
    """End tokens and sessions whose holding ended in the meantime (a date that was set before); how many of each.

    Requests don't wait for it: a token and a session are looked at anew with each (`queries.actor_of_token`,
    `actor_of_account`). This cleans up after them, for lists and for the record. Worker.
    """
    tokens = _end_tokens(Token.objects.filter(ended_at=None), now)
    staff = Session.objects.exclude(staff_id=None).values_list("staff_id", flat=True).distinct()
    return tokens, _end_sessions([int(one) for one in staff if one is not None], now)


def _end_tokens(rows: Iterable[Token], now: datetime) -> int:
    tokens = list(rows)
    cards = organisation.post_cards({token.post_id for token in tokens}, local_date(now)) if tokens else {}
    over = [token for token in tokens if token.post_id not in cards or cards[token.post_id].staff_id != token.staff_id]
    for token in over:
        token_end(token_id=token.pk, now=now, why="left")
    return len(over)


def _end_sessions(staff_ids: list[int], now: datetime) -> int:
    still = organisation.staff_with_posts(staff_ids, local_date(now)) if staff_ids else set()
    total = 0
    for staff_id in staff_ids:
        if staff_id not in still:
            ended, _ = Session.objects.filter(staff_id=staff_id).delete()
            if ended:
                journal_end(
                    staff_id=staff_id, reason=POST_ENDED, ended=ended, scope_code="", author=Author("system"), now=now
                )
            total += ended
    return total
