"""E-mail by SMTP (RFC 5321), with STARTTLS (RFC 3207) or TLS from the first byte (RFC 8314).

One connection a message: few are sent, and a connection that died at night fails no message in the morning. The server's
words can hold mailboxes, so that only its three digits are kept.
"""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from django.conf import settings
from django.utils.translation import gettext

from shanzhi.core.text import msg
from shanzhi.kernel.notices.gateways.message import Failed, Message, Outcome, Sent

FOOTER = msg("请登录系统查看和办理。这封邮件由系统发出，不用回复；哪些通知发邮件，在“通知设置”里选。")


class MailGateway:
    """The city's mail server (`SHANZHI_MAIL_…`)."""

    @property
    def is_offered(self) -> bool:
        """Has the city set it up?"""
        return bool(settings.MAIL.host)

    def send(self, message: Message, *, now: datetime) -> Outcome:
        """Send one message. A 4yz to this message alone is tried again, a 5yz is for good (RFC 5321, 4.2.1)."""
        made = made_of(message)
        try:
            server = _connected()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return Failed(_code(error), whole=True)
        try:
            server.send_message(made, settings.MAIL.sender, [message.to])
        except smtplib.SMTPRecipientsRefused as error:
            (status, _), *_ = error.recipients.values()
            return Failed(f"smtp-{status}", whole=False, for_good=status >= 500)
        except smtplib.SMTPSenderRefused as error:
            # Ourselves, or how many we send: that is no matter of this message.
            return Failed(f"smtp-{error.smtp_code}", whole=True)
        except smtplib.SMTPResponseException as error:
            return Failed(f"smtp-{error.smtp_code}", whole=False, for_good=error.smtp_code >= 500)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return Failed(_code(error), whole=True)
        finally:
            _leave(server)
        return Sent()


def made_of(message: Message) -> EmailMessage:
    """The mail: the same Message-ID each time, and a date that doesn't change with the try."""
    site = settings.MAIL.sender.rpartition("@")[2]
    made = EmailMessage(policy=SMTP)
    made["From"] = settings.MAIL.sender
    made["To"] = message.to
    made["Subject"] = message.text
    made["Date"] = format_datetime(message.made_at)
    made["Message-ID"] = f"<{message.key}@{site}>"
    # RFC 3834: nobody's absence note answers.
    made["Auto-Submitted"] = "auto-generated"
    link = f"{settings.PUBLIC_URL}/notices/" if settings.PUBLIC_URL else ""
    lines = [*message.body.get("lines", [message.text]), "", gettext(FOOTER), *filter(None, [link])]
    made.set_content("\n".join(lines) + "\n", charset="utf-8", cte="base64")
    return made


def _connected() -> smtplib.SMTP:
    """A connection that is encrypted and signed in as the setting says."""
    mail = settings.MAIL
    name = mail.sender.rpartition("@")[2]
    context = ssl.create_default_context(cafile=mail.trust or None)
    server: smtplib.SMTP
    if mail.tls == "tls":
        server = smtplib.SMTP_SSL(mail.host, mail.port, local_hostname=name, timeout=mail.seconds, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, local_hostname=name, timeout=mail.seconds)
    try:
        if mail.tls == "starttls":
            server.starttls(context=context)
        if mail.user:
            server.login(mail.user, mail.password)
    except BaseException:
        _leave(server, server.close)
        raise
    return server


def _leave(server: smtplib.SMTP, how: Callable[[], object] | None = None) -> None:
    """Say goodbye, whether or not there is somebody left to hear it; never a second wait for a server that hangs."""
    with suppress(OSError, smtplib.SMTPException):
        if server.sock is not None:
            server.sock.settimeout(1.0)
        (how or server.quit)()
    server.close()


def _code(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "smtp-auth"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"smtp-{error.smtp_code}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "smtp-no-tls-or-auth"
    if isinstance(error, ssl.SSLError):
        return "smtp-tls"
    # smtplib wraps a wait that was too long into a connection that was lost.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "smtp-too-slow"
    return "smtp-unreachable"
