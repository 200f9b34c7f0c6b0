"""The ways out, behind one interface: a gateway takes one message and says what became of it.

A gateway raises nothing that isn't a mistake in the program: whatever the other side does is a `Failed`. `whole` says whose
failure it is: of the destination, which then rests as a whole (nobody is there, it refuses us), or of this message alone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from shanzhi.kernel.notices.gateways.mail import MailGateway
from shanzhi.kernel.notices.gateways.message import Failed, Message, Outcome, Sent, Void
from shanzhi.kernel.notices.gateways.text import SmsGateway
from shanzhi.kernel.notices.gateways.webhook import WebhookGateway

__all__ = ["GATEWAYS", "Failed", "Gateway", "Message", "Outcome", "Sent", "Void", "gateway_of", "is_offered"]


class Gateway(Protocol):
    """What every way out can do."""

    @property
    def is_offered(self) -> bool:
        """Has the city set it up?"""

    def send(self, message: Message, *, now: datetime) -> Outcome:
        """Send one message; the same `key` with every try, so that the other side can tell a repetition."""


GATEWAYS: Mapping[str, Gateway] = {"mail": MailGateway(), "sms": SmsGateway(), "webhook": WebhookGateway()}


def gateway_of(code: str) -> Gateway:
    """The gateway of a code of `policy.templates.GATEWAYS`."""
    return GATEWAYS[code]


def is_offered(code: str) -> bool:
    """Has the city set this gateway up?"""
    return GATEWAYS[code].is_offered
