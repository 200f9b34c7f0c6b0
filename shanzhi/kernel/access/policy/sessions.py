"""Signed-in browsers: what is said of one, and why somebody else may end it. Pure."""

import re
from ipaddress import IPv6Address, ip_address

from shanzhi.core.errors import InputError, NotFound
from shanzhi.core.text import msg

ENDS = "sessions"
"""The feature of roles.toml that ending somebody else's sessions needs."""

END_REASONS: dict[str, str] = {
    "lost": msg("设备遗失或被盗"),
    "leaked": msg("密码或登录可能泄露"),
    "left": msg("离岗、离职或调动"),
    "asked": msg("本人要求"),
}
"""Why a security officer ends somebody's sessions."""
POST_ENDED = "post_ended"
"""Why the system does: the last post ended."""


class SessionNotFound(NotFound):
    """No such session of this person."""

    code = "session-not-found"


class UnknownStaff(NotFound):
    """No such member of staff where the acting post stands."""

    code = "unknown-staff"


def check_reason(reason: str) -> None:
    """Raises InputError where the reason isn't one of the list."""
    if reason not in END_REASONS:
        sentence = msg("请选择结束会话的理由。")
        raise InputError(sentence, fields={"reason": sentence})


# First match wins: programs name themselves after those whose sites they want to be served by.
_BROWSERS = (
    ("MicroMessenger", msg("微信")),
    ("DingTalk", msg("钉钉")),
    ("Edg", "Edge"),
    ("HuaweiBrowser", msg("华为浏览器")),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", msg("鸿蒙")),
    ("OpenHarmony", msg("鸿蒙")),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("UOS", msg("统信")),
    ("Linux", "Linux"),
)


def device_words(user_agent: str) -> str:
    """What a person recognises a browser by, "Chrome · Windows"; no version, so that it tells nothing more."""
    found = (
        next((name for mark, name in marks if re.search(rf"\b{re.escape(mark)}", user_agent)), "")
        for marks in (_BROWSERS, _SYSTEMS)
    )
    return " · ".join(word for word in found if word)


def place_words(address: str) -> str:
    """The first half of an address, "10.20.*.*": enough to tell the office from elsewhere, not to find a desk."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return place_words(str(parsed.ipv4_mapped))
        return ":".join(parsed.exploded.split(":")[:2]) + ":*"
    return ".".join([*str(parsed).split(".")[:2], "*", "*"])
