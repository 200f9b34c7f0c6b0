"""Mask personal data in free text, keeping its shape: 138****1234, 3703**********123X, 张**, 鲁C·***12.

What a resident writes is personal data too. What is masked here is stored with the matter; the original goes into the
vault. Masking never changes a text's length, so that offsets hold, and masking twice is masking once: a star counts as
a digit, a letter and a character of a name wherever a pattern asks what stands beside it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shanzhi.kernel.vault.policy.names import find_names, surname_length
from shanzhi.kernel.vault.policy.phones import InvalidPhone, normalise_phone

__all__ = [
    "InvalidPhone",
    "Kind",
    "Masked",
    "Span",
    "is_id_card",
    "is_luhn",
    "mask",
    "mask_name",
    "mask_phone",
    "normalise_phone",
]


class Kind(StrEnum):
    """What was hit."""

    PHONE = "phone"
    ID_CARD = "id-card"
    BANK_CARD = "bank-card"
    PLATE = "plate"
    EMAIL = "email"
    CHAT = "chat"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Span:
    """One hit: [start, end) in the text as given, and in the masked text alike."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Masked:
    """The masked text, as long as the original, and what was hit, in order."""

    text: str
    spans: tuple[Span, ...]

    @property
    def is_hit(self) -> bool:
        """Was anything masked? Then the original belongs into the vault."""
        return bool(self.spans)


@dataclass(frozen=True, slots=True)
class _Hit:
    """A match and the part of it that becomes stars (of that part, only letters, digits and Chinese characters)."""

    start: int
    end: int
    hide_from: int
    hide_to: int


# Full-width digits, letters and signs read as their ASCII twins; one character stays one character.
_NARROW: dict[int, int | str] = {
    code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum() or chr(code) in "＠＋"
}
_NARROW.update((ord(char), "-") for char in "－—–―‐‑")
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ＠＋－—–―‐‑]")

_PLATE_PLACES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

# Gates: cheap searches that most texts fail. Each begins with a plain character or class, to which `re` skips fast.
_SEVEN_DIGITS = re.compile(r"\d(?:[ .()（）\-－—–―‐‑]{0,3}\d){6}")
_CHAT_SIGN = re.compile(
    "微信|扣扣|企鹅|QQ|qq|Qq|qQ|VX|vx|Vx|wx|WX|Wx|V信|v信|We[Cc]hat|wechat|weixin|Weixin|ＱＱ|ｑｑ|ＶＸ|ｖｘ"
)
_HANZI_DIGITS = re.compile("[一幺][三四五六七八九][零〇○幺一二三四五六七八九]{9}")
_PLATE_SIGN = re.compile(f"[{_PLATE_PLACES}][A-Za-zＡ-Ｚａ-ｚ]|车牌")

# The patterns below see narrow text. "(?<![\d*])" and "(?![\d*])": neither a longer number nor one already masked.
_SEP = r"[ .\-]{0,2}"
_GROUPS = ((3, 4, 4), (3, 3, 5), (4, 3, 4), (4, 4, 3), (7, 4), (3, 8))
_MOBILE = re.compile(
    r"(?<![\d*])(?<![\d*]\.)(?:(?:\+|00)?86[ \-]{0,2})?(?=1[ \-]?[3-9])("
    + "|".join(_SEP.join(rf"\d{{{size}}}" for size in sizes) for sizes in _GROUPS)
    + r"|\d(?:[ \-]\d){10})(?![\d*])(?!\.[\d*])(?! ?[万亿]?元)"
)
_HANZI_DIGIT = "零〇○幺一二三四五六七八九"
_HANZI_MOBILE = re.compile(
    f"(?<![{_HANZI_DIGIT}十百千万亿*])[一幺][三四五六七八九][{_HANZI_DIGIT}]{{9}}(?![{_HANZI_DIGIT}十百千万亿*])"
)
_AREA = r"(?:10|2\d|[3-9]\d\d)"
_LANDLINE = re.compile(
    rf"(?<![\d*])(?<![\d*]\.)(?:(?:(?:\+|00)?86[ \-]{{0,2}})?[(（]?0{_AREA}|(?:\+|00)86[ \-]{{0,2}}{_AREA})[)）]?[ \-]{{0,3}}"
    r"([2-8]\d{2,3}[ \-]?\d{4})(?:(?:-|转|轉)\d{1,6})?(?![\d*])"
)
_LOCAL = re.compile(
    r"(?:电话|座机|固话|传真|[Tt][Ee][Ll])(?:号码?)?[是为：:.\s]{0,3}([2-8]\d{2,3}[ \-]?\d{4})(?![\d*\-])(?! ?[万亿]?元)"
)
_ID_CARD = re.compile(
    r"(?<![\dA-Za-z*])([1-6]\d{5}|8[1-3]\d{4})([ \-]?)((?:18|19|20)\d{2})[ \-]?(\d{2})[ \-]?(\d{2})\2(\d{3}[\dXx])"
    r"(?![\dA-Za-z*])"
)
_OLD_ID_CARD = re.compile(
    r"(?<![\dA-Za-z*])(?<![\d*]\.)([1-6]\d{5})(\d{2})(\d{2})(\d{2})\d{3}(?![\dA-Za-z*])(?!\.[\d*])(?! ?[万亿]?元)"
)
_NAMED_ID_CARD = re.compile(r"身份证(?:件)?(?:号码?)?[是为：:\s（(]{0,3}(\d[\d \-]{4,22}[\dXx])(?![\dA-Za-z])")
_CARD = re.compile(r"(?<![\dA-Za-z*])(?<![\d*]\.)(\d{4}(?:[ \-]?\d{4}){3}(?:[ \-]?\d{1,3})?)(?![\dA-Za-z*])(?!\.[\d*])")
_NAMED_CARD = re.compile(
    r"(?:卡号|银行账[号户]|银行帐[号户]|账号|帐号)[是为：:\s]{0,3}(\d[\d \-]{8,26}\d)(?![\dA-Za-z*])"
)
_CARD_PREFIX = re.compile(r"62|60|4(?=\d{15}$)|5[1-5](?=\d{14}$)|35(?=\d{14}$)|9558|9559|6[89]")
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-*@])([A-Za-z0-9._%+\-]{1,64})@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,4}"
)
_QQ = re.compile(r"(?i:qq|扣扣|企鹅)(?:号码?)?(?:[是为：:\s]|\(微信\)){0,3}([1-9]\d{4,11})(?![\d*])")
_WECHAT = re.compile(
    r"(?i:微信|(?<![a-z])(?:wechat|weixin|vx|wx|v信))"
    r"(?:(?:号码?|id|ID|账号|帐号)[是为：:\s]{0,3}|[是为：:\s]{1,3}|(?=[A-Za-z\-]{1,19}[\d_]))"
    r"(?!https?|www)([A-Za-z][A-Za-z0-9_\-]{5,19})(?![A-Za-z0-9_*])"
)
_PLATE_SIGNS = "A-HJ-NP-Za-hj-np-z\\d"
_PLATE = re.compile(
    # GA 36-2018: five signs; six on new-energy vehicles, small ones with a letter first, large ones with a letter last.
    rf"([{_PLATE_PLACES}][A-HJ-Za-hj-z][·•・.\- ]?)((?=[A-Za-z]{{0,4}}\d)[{_PLATE_SIGNS}]{{4}}[{_PLATE_SIGNS}挂学警港澳]"
    rf"|[A-HJ-Ka-hj-k][{_PLATE_SIGNS}]\d{{4}}|\d{{5}}[A-HJ-Ka-hj-k])(?![A-Za-z\d*])"
)
_NAMED_PLATE = re.compile(
    r"车牌(?:号码?)?(?:分别)?[是为：:\s（(]{0,3}([\u4e00-\u9fff]?[A-Za-z][·•・.\- ]?)([A-Za-z\d]{5,6})(?![A-Za-z\d*])"
)

# Provinces in GB/T 2260; 81 to 83 are the residence permits of residents of Hong Kong, Macao and Taiwan.
_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def mask(text: str) -> Masked:
    """Find and mask phones, id cards, bank cards, plates, e-mail, chat ids and introduced names in `text`.

    The result has the length of `text`; offsets in `spans` hold for both. Years, amounts, house numbers, matter numbers
    and public numbers (110, 12345, 95598, 400-…) stay. Deterministic, idempotent, linear time.
    """
    found: list[Span] = []
    is_wide = _WIDE.search(text)
    for rule in (*_rules_for(text), _find_names):
        hits = list(rule(text.translate(_NARROW) if is_wide and rule is not _find_names else text))
        if hits:
            text = _hide(text, hits)
            found.extend(_spans(_KINDS[rule], hits))
    return Masked(text, tuple(sorted(found, key=lambda span: (span.start, span.end))))


def mask_phone(phone: str) -> str:
    """A phone number for people who needn't call it: "138****1234", "0533-****678"."""
    phone = phone.strip()
    if "*" in phone:
        return phone
    masked = mask(f"电话：{phone}")
    if any(span.kind is Kind.PHONE for span in masked.spans) or not any(char.isdigit() for char in phone):
        return masked.text[3:]
    digits = [place for place, char in enumerate(phone) if char.isdigit()]
    hidden = set(digits[len(digits) // 3 : -(len(digits) // 3) or None])
    return "".join("*" if place in hidden else char for place, char in enumerate(phone))


def mask_name(name: str) -> str:
    """A person's name with only the surname readable: "张**", "欧阳*", "艾**·***"; other names keep one character."""
    name = name.strip()
    shown = surname_length(name) or 1
    return name[:shown] + "".join(char if char in "·• " else "*" for char in name[shown:])


def _rules_for(text: str) -> Iterator[Callable[[str], Iterator[_Hit]]]:
    """The rules whose gate this text passes, in the order in which they are applied."""
    if "@" in text or "＠" in text:
        yield _find_emails
    if _CHAT_SIGN.search(text):
        yield _find_chat_ids
    if _SEVEN_DIGITS.search(text):
        yield _find_id_cards
        yield _find_bank_cards
        yield _find_phones
    if _HANZI_DIGITS.search(text):
        yield _find_hanzi_mobiles
    if _PLATE_SIGN.search(text):
        yield _find_plates


def _find_emails(text: str) -> Iterator[_Hit]:
    for found in _EMAIL.finditer(text):
        start, end = found.span(1)
        yield _Hit(start, found.end(), start + (end - start > 1), end)


def _find_chat_ids(text: str) -> Iterator[_Hit]:
    for pattern in (_QQ, _WECHAT):
        for found in pattern.finditer(text):
            start, end = found.span(1)
            yield _Hit(start, end, start + 2, end - 2)


def _find_id_cards(text: str) -> Iterator[_Hit]:
    for found in _ID_CARD.finditer(text):
        area, _, year, month, day, rest = found.groups()
        if is_id_card(area + year + month + day + rest):
            yield _hit_number(text, found.span(), found.span(), head=4, tail=4)
    for found in _OLD_ID_CARD.finditer(text):
        area, year, month, day = found.groups()
        if area[:2] in _PROVINCES and _is_date(f"19{year}", month, day):
            yield _hit_number(text, found.span(), found.span(), head=4, tail=3)
    for found in _NAMED_ID_CARD.finditer(text):
        # A number that is called an id card is masked even when mistyped or cut short.
        yield _hit_number(text, found.span(1), found.span(1), head=4, tail=4)


def is_id_card(number: str) -> bool:
    """Is this an 18-digit resident identity number: province, date of birth, check digit by GB 11643-1999
    (ISO 7064 MOD 11-2)?"""
    if number[:2] not in _PROVINCES or not _is_date(number[6:10], number[10:12], number[12:14]):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number[:17], strict=True))
    return "10X98765432"[total % 11] == number[17].upper()


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _find_bank_cards(text: str) -> Iterator[_Hit]:
    for found in _CARD.finditer(text):
        digits = re.sub(r"\D", "", found[1])
        if _CARD_PREFIX.match(digits) and is_luhn(digits):
            yield _hit_number(text, found.span(), found.span(), head=4, tail=4)
    for found in _NAMED_CARD.finditer(text):
        yield _hit_number(text, found.span(1), found.span(1), head=4, tail=4)


def is_luhn(digits: str) -> bool:
    """Does the number satisfy the check digit of ISO/IEC 7812-1 (Luhn)?"""
    odd = sum(map(int, digits[-1::-2]))
    even = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (odd + even) % 10 == 0


def _find_phones(text: str) -> Iterator[_Hit]:
    for found in _MOBILE.finditer(text):
        yield _hit_number(text, found.span(), found.span(1), head=3, tail=4)
    for found in _LANDLINE.finditer(text):
        yield _hit_number(text, found.span(), found.span(1), head=0, tail=3)
    for found in _LOCAL.finditer(text):
        yield _hit_number(text, found.span(1), found.span(1), head=0, tail=3)


def _find_hanzi_mobiles(text: str) -> Iterator[_Hit]:
    for found in _HANZI_MOBILE.finditer(text):
        yield _hit_number(text, found.span(), found.span(), head=3, tail=4)


def _find_plates(text: str) -> Iterator[_Hit]:
    for pattern in (_PLATE, _NAMED_PLATE):
        for found in pattern.finditer(text):
            yield _Hit(found.start(1), found.end(), found.start(2), found.end() - 2)


def _find_names(text: str) -> Iterator[_Hit]:
    for start, end, surname in find_names(text):
        yield _Hit(start, end, start + surname, end)


def _hit_number(text: str, hit: tuple[int, int], number: tuple[int, int], *, head: int, tail: int) -> _Hit:
    """Hide all digits of text[number] but the first `head` and the last `tail`; a short number keeps its outer thirds."""
    places = [place for place in range(*number) if text[place] not in " .-()（）"]
    if len(places) <= head + tail:
        head = tail = len(places) // 3
    return _Hit(*hit, places[head], places[-tail - 1] + 1)


def _spans(kind: Kind, hits: list[_Hit]) -> Iterator[Span]:
    """One span for each hit; those that overlap are one."""
    start = end = -1
    for hit in sorted(hits, key=lambda hit: hit.start):
        if hit.start < end:
            end = max(end, hit.end)
            continue
        if end >= 0:
            yield Span(kind, start, end)
        start, end = hit.start, hit.end
    yield Span(kind, start, end)


def _hide(text: str, hits: list[_Hit]) -> str:
    """`text` with the hidden part of each hit in stars; separators keep their places."""
    chars = list(text)
    for hit in hits:
        for place in range(hit.hide_from, hit.hide_to):
            if chars[place].isalnum() or chars[place] == "_":
                chars[place] = "*"
    return "".join(chars)


_KINDS: dict[Callable[[str], Iterator[_Hit]], Kind] = {
    _find_emails: Kind.EMAIL,
    _find_chat_ids: Kind.CHAT,
    _find_id_cards: Kind.ID_CARD,
    _find_bank_cards: Kind.BANK_CARD,
    _find_phones: Kind.PHONE,
    _find_hanzi_mobiles: Kind.PHONE,
    _find_plates: Kind.PLATE,
    _find_names: Kind.NAME,
}
