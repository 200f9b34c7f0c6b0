"""Signed events to other systems (`policy.signing`), by `core.outbound`, which keeps them from being led inside."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings

from shanzhi.core import outbound
from shanzhi.core.errors import DomainError
from shanzhi.kernel.notices.gateways.message import Failed, Message, Outcome, Sent
from shanzhi.kernel.notices.policy import signing

SECONDS = 10.0
MOST_ANSWER = 65_536


class WebhookGateway:
    """Whoever subscribed; there is nothing to set up."""

    @property
    def is_offered(self) -> bool:
        """Always: without a subscription nothing is sent."""
        return True

    def send(self, message: Message, *, now: datetime) -> Outcome:
        """Send one event. Any 2xx has taken it; a redirect isn't followed and hasn't."""
        body = signing.event_of(
            message_id=str(message.key),
            source=settings.NOTICES_SOURCE,
            step=message.step,
            subject=message.text,
            at=datetime.fromisoformat(message.body["at"]),
            data=message.body["data"],
        )
        rules = replace(settings.OUTBOUND, seconds=min(SECONDS, settings.OUTBOUND.seconds), most_bytes=MOST_ANSWER)
        headers = signing.headers_of(message.keys, str(message.key), body, now)
        try:
            answer = outbound.send("POST", message.to, rules=rules, body=body, headers=headers)
        except DomainError as error:
            return Failed(error.code, whole=True)
        return Sent() if answer.is_good else Failed(f"http-{answer.status}", whole=True)
