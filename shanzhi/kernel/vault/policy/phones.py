"""Phone numbers in the one form that is stored, indexed and dialled."""

import re

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg

_MOBILE_DIGITS = 11
# Full-width digits, plus and dashes as people type them; one character stays one character.
_NARROW = (
    {code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)} | dict.fromkeys(map(ord, "－—–―‐‑"), "-") | {0xFF0B: "+"}
)
_EXTENSION = re.compile(r"(?:转|轉|分机|ext\.?|#|(?<=\d{7})-)\s*(\d{1,6})$", re.IGNORECASE)
_TYPED = re.compile(r"[\d\s()（）+.\-]*\d[\d\s()（）+.\-]*", re.ASCII)
_NATIONAL = re.compile(r"1[3-9]\d{9}|0(?:10|2\d)[2-8]\d{7}|0[3-9]\d\d[2-8]\d{6,7}|[48]00\d{7}", re.ASCII)
_ABROAD = re.compile(r"[1-9]\d{6,14}", re.ASCII)
_LOCAL = re.compile(r"[2-8]\d{6,7}", re.ASCII)


class InvalidPhone(InputError):
    """What was typed can't be a phone number."""

    code = "invalid-phone"


def normalise_phone(text: str) -> str:
    """A phone number in its one form: "13812345678", "05332345678", "05332345678-12" with an extension, "4001234567",
    or "+85261234567" (E.164) from outside the mainland.

    Mobile numbers have 11 digits and begin with 13 to 19; area codes are 010, 02x and 03xx to 09xx (the national
    numbering plan, 电信网编号计划).

    Raises:
        InvalidPhone: it can't be a phone number; says why.
    """
    typed = text.translate(_NARROW).strip()
    found = _EXTENSION.search(typed)
    number, extension = (typed[: found.start()], f"-{found[1]}") if found else (typed, "")
    if not _TYPED.fullmatch(number):
        raise _invalid(msg("“%(phone)s”不是电话号码。请只填数字，如 13812345678 或 0533-2345678。"), text)
    digits = re.sub(r"\D", "", number)
    is_international = number.lstrip("(（ ").startswith(("+", "00"))
    if is_international:
        digits = digits.removeprefix("00")
        if not digits.startswith("86"):
            if not _ABROAD.fullmatch(digits):
                raise _explain(digits, text)
            return f"+{digits}{extension}"
    national = _without_country(digits) if is_international or len(digits) > _MOBILE_DIGITS else digits
    if not _NATIONAL.fullmatch(national):
        raise _explain(national, text)
    return national + extension


def _without_country(digits: str) -> str:
    """Without 86; an area code gets back the 0 that is left out after it."""
    rest = digits.removeprefix("86")
    return f"0{rest}" if rest != digits and not _NATIONAL.fullmatch(rest) and _NATIONAL.fullmatch(f"0{rest}") else rest


def _explain(digits: str, text: str) -> InvalidPhone:
    count = len(digits)
    if digits.startswith("1") and count != _MOBILE_DIGITS:
        return _invalid(msg("手机号应是 11 位，“%(phone)s”有 %(count)d 位。请核对。"), text, count=count)
    if digits.startswith("1"):
        return _invalid(msg("没有“%(phone)s”这样的手机号。手机号第二位是 3 到 9，请核对。"), text)
    if _LOCAL.fullmatch(digits):
        return _invalid(msg("“%(phone)s”缺区号。固定电话请连区号填写，如 0533-2345678。"), text)
    return _invalid(msg("“%(phone)s”不是有效的电话号码。请填 11 位手机号，或带区号的固定电话。"), text)


def _invalid(sentence: str, text: str, **params: object) -> InvalidPhone:
    return InvalidPhone(sentence, fields={"phone": msg("请核对电话号码。")}, phone=text.strip()[:30], **params)
