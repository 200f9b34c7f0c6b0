"""What can be reported, and the names that a report gets: its number and its follow code."""

import hmac
import math
import re
import secrets
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256

from shanzhi.core.errors import InputError, TooLarge
from shanzhi.core.text import clean_text, msg

TITLE_MOST = 100
BODY_MOST = 20_000
PLACE_MOST = 200
NAME_MOST = 50
TITLE_FROM_BODY = 24
DATUM = "WGS84"
SAME_AS_WGS84 = frozenset({"WGS84", "CGCS2000"})
"""Data in which a coordinate may be given; CGCS2000 (GB 22021) differs from WGS84 by centimetres."""
CHINA = (3.0, 54.0, 73.0, 136.0)
"""South, north, west and east of a box round China, degrees."""

CHANNELS = {
    "web": msg("网页"),
    "phone": msg("手机"),
    "hotline": msg("热线"),
    "window": msg("窗口"),
    "letter": msg("来信"),
    "visit": msg("上门"),
    "grid": msg("网格上报"),
    "api": msg("系统对接"),
    "import": msg("批量导入"),
}
"""The doors by which a report comes in: code → name."""

# Crockford's base 32: no letters that read like digits.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 8
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_RUN = re.compile(r"[0-9０-９A-Za-z@._+\-]")
_NUMBER = re.compile(r"(\d{8})-?(\d{6,12})(-\d{1,2})?")


class BadReport(InputError):
    """The report can't be taken in as it is; `fields` says where."""

    code = "bad-report"


class ReportTooLong(TooLarge):
    """More text than can be taken in."""

    code = "too-long"


@dataclass(frozen=True, slots=True)
class NewReport:
    """What somebody reports. Texts as they were typed; `latitude` and `longitude` in degrees of `datum`.

    `region_code` and `category` may be empty: triage finds them. `source` and `source_number` name the record in
    another system that this comes from. `place_id` is a place (场所) that was chosen: what the report doesn't say of region,
    words and point is taken from it.
    """

    body: str
    title: str = ""
    kind: str = "request"
    channel: str = "web"
    category: str = ""
    region_code: str = ""
    place_text: str = ""
    latitude: float | None = None
    longitude: float | None = None
    datum: str = DATUM
    contact_name: str = ""
    contact_phone: str = ""
    public_consent: bool = False
    source: str | None = None
    source_number: str | None = None
    place_id: int | None = None

    def cleaned(self) -> "NewReport":
        """The report with clean texts, a title, and everything in bounds.

        Raises:
            BadReport, ReportTooLong: a sentence for each field that can't be used.
        """
        body = clean_text(self.body)
        title = clean_text(self.title).replace("\n", " ") or title_of(body)
        made = replace(
            self,
            body=body,
            title=title,
            place_text=clean_text(self.place_text).replace("\n", " "),
            contact_name=clean_text(self.contact_name),
        )
        made._check()
        return made

    def _check(self) -> None:
        if len(self.body) > BODY_MOST:
            raise ReportTooLong(
                msg("内容有 %(size)s 字，最多 %(most)s 字。请写要点，其余作为附件上传。"),
                fields={"body": msg("太长了，请缩短。")},
                size=len(self.body),
                most=BODY_MOST,
            )
        sentences = {
            "body": "" if self.body else msg("请写清楚什么事、在哪里。"),
            "title": msg("标题最多 100 字。") if len(self.title) > TITLE_MOST else "",
            "place_text": msg("地点最多 200 字。") if len(self.place_text) > PLACE_MOST else "",
            "contact_name": msg("称呼最多 50 字。") if len(self.contact_name) > NAME_MOST else "",
            "channel": "" if self.channel in CHANNELS else msg("没有这个来源渠道。"),
            "latitude": wrong_point(self.latitude, self.longitude, self.datum),
        }
        wrong = {name: sentence for name, sentence in sentences.items() if sentence}
        if wrong:
            raise BadReport(msg("还差一点：请按提示补充或改正，填好的内容都在。"), fields=wrong)

    def point(self) -> tuple[Decimal, Decimal] | None:
        """Latitude and longitude in WGS84, six decimals (0.1 m); None without a point."""
        if self.latitude is None or self.longitude is None:
            return None
        step = Decimal("0.000001")
        return Decimal(self.latitude).quantize(step), Decimal(self.longitude).quantize(step)


def title_of(body: str) -> str:
    """A title out of the first sentence of a body."""
    first = re.split(r"[\n。！？!?；;]", body, maxsplit=1)[0].strip() or body.strip()
    if len(first) <= TITLE_FROM_BODY:
        return first
    # Never through a number: half a phone is no phone to the masking, and would stand in every list.
    cut = first[: TITLE_FROM_BODY - 1]
    if _RUN.match(first[len(cut)]):
        cut = re.sub(rf"{_RUN.pattern}+$", "", cut) or cut
    return cut + "…"


def wrong_point(latitude: float | None, longitude: float | None, datum: str) -> str:
    """The sentence that tells why a point can't be used; empty where it can, or where there is none."""
    if latitude is None and longitude is None:
        return ""
    if latitude is None or longitude is None:
        return msg("经度和纬度要一起填，也可以都不填。")
    south, north, west, east = CHINA
    if not (
        math.isfinite(latitude)
        and math.isfinite(longitude)
        and south <= latitude <= north
        and west <= longitude <= east
    ):
        return msg("这个坐标不在国内。请核对经纬度是否填反，也可以不填，只写地点。")
    if datum not in SAME_AS_WGS84:
        return msg("只收 WGS84 或 CGCS2000 坐标。请先换算，也可以不填，只写地点。")
    return ""


def number_of(matter_id: int, on: date) -> str:
    """A matter's number: its day and its serial number, "20261121-000042"."""
    return f"{on.year:04d}{on.month:02d}{on.day:02d}-{matter_id:06d}"


def normalise_number(text: str) -> str:
    """A number as people type it, in its normal form; empty where it can't be one."""
    found = _NUMBER.fullmatch(re.sub(r"[\s—–－]", "", text).replace("－", "-"))
    return f"{found.group(1)}-{found.group(2)}{found.group(3) or ''}" if found else ""


def new_follow_code(key: bytes, submission: bytes | None) -> str:
    """A follow code of 40 bits, "7K2M-9QXT". By chance; for a submission with a key the same code each time, so that a
    repeated submission can be answered without the code having been stored."""
    bits = hmac.digest(key, b"code" + submission, "sha256") if submission else secrets.token_bytes(8)
    number = int.from_bytes(bits[:5], "big")
    letters = "".join(_ALPHABET[number >> (5 * place) & 31] for place in range(_CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def follow_hash(key: bytes, code: str) -> str:
    """What is stored of a follow code: a keyed hash (64 hexadecimal digits) of its normal form; empty for no code."""
    plain = re.sub(r"[^0-9A-Z]", "", code.upper()).translate(_MISREAD)
    return hmac.digest(key, b"hash" + plain.encode(), "sha256").hex() if len(plain) == _CODE_LENGTH else ""


def fingerprint(*parts: object) -> bytes:
    """SHA-256 over a submission's content: the same key with another content is an error, not a repeat."""
    return sha256("\x1f".join(repr(part) for part in parts).encode()).digest()
