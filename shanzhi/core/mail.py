"""The city's mail server as its settings say it."""

from dataclasses import dataclass, field

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes: `tls` is starttls, tls or none (none: this machine alone); `sender` is what From says; `trust` a file
    with the authorities of an intranet's certificate; `seconds` the wait for each answer. Without a host no mail is sent."""

    host: str = ""
    port: int = 0
    tls: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    trust: str = ""
    seconds: float = 10.0

    @classmethod
    def read(cls, *, host: str, port: str, tls: str, user: str, password: str, sender: str, trust: str) -> "MailServer":
        """A server out of its settings.

        Raises:
            ValueError: a setting is missing, or a password or mail would go over the network in clear.
        """
        if not host:
            return cls()
        tls = tls or "starttls"
        if tls not in PORTS:
            raise ValueError("SHANZHI_MAIL_TLS is starttls, tls or none")
        if tls == "none" and host not in LOOPBACK:
            raise ValueError("SHANZHI_MAIL_TLS=none is for a mail server on this machine alone")
        if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
            raise ValueError("SHANZHI_MAIL_PORT is a port's number")
        if sender.count("@") != 1 or any(letter.isspace() for letter in sender):
            raise ValueError("SHANZHI_MAIL_FROM is the mailbox that mail comes from")
        if bool(user) != bool(password):
            raise ValueError("SHANZHI_MAIL_USER and SHANZHI_MAIL_PASSWORD go together")
        return cls(host, int(port or PORTS[tls]), tls, user, password, sender, trust)
