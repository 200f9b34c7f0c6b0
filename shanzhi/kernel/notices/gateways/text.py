"""Text messages by the city's adapter (`sms.py`, docs/sms.md)."""

import re
from datetime import datetime

from shanzhi.kernel.notices.gateways.message import Failed, Message, Outcome, Sent, Void
from shanzhi.kernel.notices.sms import SmsFailed, SmsOff, is_sms_offered, send_sms

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


class SmsGateway:
    """The city's platform for text messages (`SHANZHI_SMS_…`)."""

    @property
    def is_offered(self) -> bool:
        """Has the city set it up?"""
        return is_sms_offered()

    def send(self, message: Message, *, now: datetime) -> Outcome:
        """Send one text message under the delivery's key; a line that takes none is left alone."""
        if not _MOBILE.fullmatch(message.to):
            return Void("no-mobile")
        try:
            send_sms(phone=message.to, text=message.text, now=now, key=str(message.key))
        except (SmsFailed, SmsOff) as error:
            return Failed(error.code, whole=True)
        return Sent()
