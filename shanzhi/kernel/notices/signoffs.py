"""Telling people of two-person sign-offs: who can decide that one waits, who asked what came of it.

Access lies below and knows no notices: it calls whoever listens, inside the step's transaction.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import SignoffNews, signoff_kinds
from shanzhi.kernel.access.policy.signoff import DECIDES
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.notices import operations
from shanzhi.kernel.notices.operations import NewNotice
from shanzhi.kernel.notices.policy import Happened, offer_places, on_event, register_text
from shanzhi.kernel.organisation import queries as organisation

TOPIC = "access.signoff"
TEXTS = {
    "asked": msg("待复核：%(name)s"),
    "approved": msg("复核已同意：%(name)s"),
    "refused": msg("复核未同意：%(name)s"),
    "done": msg("已完成：%(name)s"),
    "failed": msg("未完成：%(name)s"),
}
"""By the state that was reached; the others need no notice."""

for state, text in TEXTS.items():
    register_text(f"{TOPIC}.{state}", text)


def tell(news: SignoffNews, now: datetime) -> None:
    """Put a step of a sign-off into the outbox."""
    if news.state in TEXTS:
        body = {
            "signoff": news.signoff_id,
            "kind": news.kind,
            "state": news.state.value,
            "step": news.step,
            "post": news.asked_by_post,
            "place": news.scope_code,
        }
        operations.emit(topic=TOPIC, body=body, now=now)


def write_notices(events: Sequence[Happened], now: datetime) -> None:
    """Tell the units (worker)."""
    operations.notices_write([notice for event in events for notice in _notices(event, now)], now=now)


def _notices(event: Happened, now: datetime) -> Iterator[NewNotice]:
    body, on = event.body, local_date(now)
    kind = signoff_kinds().get(str(body["kind"]))
    params = {"name": kind.name if kind else body["kind"], "signoff": body["signoff"]}
    if body["state"] == "asked":
        deciding = [role.code for role in roles().values() if DECIDES in role.may]
        cards = [card for card in organisation.posts_of_roles(deciding, on) if card.ranges.contains(str(body["place"]))]
    else:
        asker = organisation.post_card(int(body["post"]), on)
        cards = [asker] if asker is not None else []
    for unit_id, role in dict.fromkeys((card.unit_id, card.role) for card in cards):
        text = f"{TOPIC}.{body['state']}"
        yield NewNotice(unit_id, role, "signoff", int(body["signoff"]), int(body["step"]), text, params)


def carry_out(events: Sequence[Happened], now: datetime) -> None:
    """Let what was agreed to begin now, not with the next minute (worker)."""
    if any(event.body["state"] == "approved" for event in events):
        operations.job_soon("access.signoff_run_due")


# Nothing of a request goes out but that it waits: what it is about stands behind the sign-in.
offer_places("unit", f"{TOPIC}.", {"city": ""})
on_event(TOPIC, write_notices)
on_event(TOPIC, carry_out)
