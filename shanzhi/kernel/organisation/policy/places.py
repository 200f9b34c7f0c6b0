"""Places (场所): what one says of itself, when two look like the same, and when a point looks wrong. Pure."""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from shanzhi.core.errors import Conflict, InputError, NotFound
from shanzhi.core.geo import CHINA, DATUMS, Box, Point, metres_between, to_wgs84
from shanzhi.core.text import clean_text, msg

NAME_MOST = 60
WORDS_MOST = 200
PHONE_MOST = 20
SAME_WITHIN_M = 300.0
"""Places of one name within this many metres are likely the same."""
SHIFT_M = (200.0, 1800.0)
"""How far GCJ-02 and BD-09 draw a point from where it is, metres."""
SHIFT_LEFT_M = 80.0
"""What may be left of it when the shift is taken off: two people don't point at the same gate."""
WIDER_DEGREES = 0.5
KNOWN_LEAST = 5
"""So many known places tell where the city lies, where its rule book doesn't."""
_ENDINGS = re.compile(
    r"(公司|集团|物业|中心|服务站|服务处|管理处|管理站|办公室|委员会|居委会|村委会|业委会|物管会|筹备组|合作社|事务所|学校|医院"
    r"|局|院|处|社|所|站|厂|部|会)$"
)
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}(?!\d)")
_PHONE = re.compile(r"(?:0\d{2,3}-?)?\d{7,8}(?:-\d{1,6})?|400-?\d{3}-?\d{4}|800-?\d{3}-?\d{4}|1\d{4}|9\d{4}")
_SOURCE = re.compile(r"[\w\-.]{1,40}")
# What people write after a name or leave away, and no two places differ in.
_DROPPED = re.compile(r"[\s·・,，.。、\-—_()（）\[\]【】“”\"']")
_SAME_WORDS = (("住宅小区", ""), ("居住小区", ""), ("小区", ""), ("第", ""))
_DIGITS = str.maketrans("一二三四五六七八九", "123456789")


class BadPlace(InputError):
    """What was said of a place can't be used; `fields` says where."""

    code = "bad-place"


class BadPlaceCatalogue(InputError):
    """The rule book's section of places is wrong."""

    code = "bad-place-catalogue"


class NoSuchPlace(NotFound):
    """No such place."""

    code = "no-place"


class PlaceMovedOn(Conflict):
    """Somebody else has changed the place meanwhile."""

    code = "place-moved-on"


class PlaceTwice(Conflict):
    """Another place has this number of this source."""

    code = "place-twice"


class PlaceClosed(Conflict):
    """The place is closed on that day."""

    code = "place-closed"


@dataclass(frozen=True, slots=True)
class PlaceKind:
    """A kind of place: `inspect_days` between two inspections (0: none), `has_firm`: a property firm and a committee."""

    code: str
    name: str
    inspect_days: int = 0
    has_firm: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceCatalogue:
    """The kinds of places, and the box round the city where the rule book gives one."""

    kinds: tuple[PlaceKind, ...]
    box: Box | None = None

    def kind(self, code: str) -> PlaceKind | None:
        """The kind with this code."""
        return next((kind for kind in self.kinds if kind.code == code), None)

    def kind_like(self, text: str) -> PlaceKind | None:
        """The kind with this code, name or other name."""
        text = clean_text(text)
        return next((kind for kind in self.kinds if text in (kind.code, kind.name, *kind.also)), None)


@dataclass(frozen=True, slots=True)
class PlaceSaid:
    """What is said of a place. `region_code` a community or grid; the point in `datum`, both or none.

    Firm and committee are organisations with their office phones; a person's name or mobile phone is refused.
    """

    name: str
    kind: str
    region_code: str
    also: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    datum: str = "WGS84"
    firm: str = ""
    firm_phone: str = ""
    committee: str = ""
    committee_phone: str = ""

    @property
    def point(self) -> Point | None:
        """The point, in its datum."""
        if self.latitude is None or self.longitude is None:
            return None
        return Point(self.latitude, self.longitude)

    def cleaned(self, catalogue: PlaceCatalogue, box: Box) -> "PlaceSaid":
        """Clean texts and a WGS84 point of six decimals.

        Raises:
            BadPlace: a sentence for each field that can't be used.
        """
        texts = {
            name: clean_text(getattr(self, name)).replace("\n", " ")
            for name in (
                "name",
                "kind",
                "region_code",
                "also",
                "address",
                "firm",
                "firm_phone",
                "committee",
                "committee_phone",
            )
        }
        made = replace(self, **texts)  # type: ignore[arg-type]  # texts, all of them
        sentences = {name: sentence for name, sentence in made._sentences(catalogue, box).items() if sentence}
        if sentences:
            raise BadPlace(msg("这个场所还不能保存，请按提示改正。"), fields=sentences)
        if made.point is None:
            return replace(made, datum="WGS84")
        there = to_wgs84(made.point, made.datum)
        return replace(made, latitude=round(there.latitude, 6), longitude=round(there.longitude, 6), datum="WGS84")

    def _sentences(self, catalogue: PlaceCatalogue, box: Box) -> dict[str, str]:
        kind = catalogue.kind(self.kind)
        has_firm = any((self.firm, self.firm_phone, self.committee, self.committee_phone))
        return {
            "name": _wrong_name(self.name),
            "kind": "" if kind else msg("请从列表里选一个类型。"),
            "region_code": "" if self.region_code else msg("请选所在的村（社区）或网格。"),
            "also": _wrong_words(self.also),
            "address": _wrong_words(self.address),
            "latitude": wrong_place_point(self, box),
            "firm": msg("只有小区填物业和业委会。")
            if has_firm and kind and not kind.has_firm
            else _wrong_body(self.firm),
            "firm_phone": _wrong_phone(self.firm_phone),
            "committee": _wrong_body(self.committee),
            "committee_phone": _wrong_phone(self.committee_phone),
        }


def _wrong_name(name: str) -> str:
    if not name or len(name) > NAME_MOST or not plain_name(name):
        return msg("请填场所名称，最多 60 字。")
    return msg("名称里不能有手机号码。") if _MOBILE.search(name) else ""


def _wrong_words(words: str) -> str:
    if len(words) > WORDS_MOST:
        return msg("最多 200 字。")
    return msg("这里不能写手机号码，只写地方。") if _MOBILE.search(words) else ""


def _wrong_body(name: str) -> str:
    if not name:
        return ""
    if len(name) > NAME_MOST or len(name) < 3 or not _ENDINGS.search(name):
        return msg("请填单位全称，如“某某物业服务有限公司”“某某小区业主委员会”，不填个人姓名。")
    return msg("名称里不能有手机号码。") if _MOBILE.search(name) else ""


def _wrong_phone(phone: str) -> str:
    if not phone:
        return ""
    if _MOBILE.search(phone):
        return msg("只填办公电话，不填个人手机。")
    if len(phone) > PHONE_MOST or not _PHONE.fullmatch(phone):
        return msg("请填固定电话或服务热线，如 0533-1234567。")
    return ""


def wrong_place_point(said: PlaceSaid, box: Box) -> str:
    """The sentence that tells why a place's point can't be used; empty where it can, or where there is none."""
    if said.latitude is None and said.longitude is None:
        return ""
    if said.latitude is None or said.longitude is None:
        return msg("经度和纬度要一起填，也可以都不填。")
    if said.datum not in DATUMS:
        return msg("没有这个坐标系。请选 WGS84、CGCS2000、GCJ-02 或 BD-09。")
    point = Point(said.latitude, said.longitude)
    if not (math.isfinite(point.latitude) and math.isfinite(point.longitude)):
        return msg("这个坐标不能用。请重新填。")
    if box.holds(point):
        return ""
    if box.holds(Point(point.longitude, point.latitude)):
        return msg("经度和纬度填反了。请对调后再保存。")
    if Box(*CHINA).holds(point):
        return msg("这个坐标不在本市。请核对，也可以不填。")
    return msg("这个坐标不在国内。请核对经纬度是否填反，也可以不填。")


def city_box(catalogue: PlaceCatalogue, known: Box | None, count: int) -> Box:
    """Where the city's places lie: as its rule book says, else half a degree round the known ones, else China."""
    if catalogue.box is not None:
        return catalogue.box
    if known is None or count < KNOWN_LEAST:
        return Box(*CHINA)
    more = WIDER_DEGREES
    return Box(known.south - more, known.north + more, known.west - more, known.east + more)


def plain_name(name: str) -> str:
    """A name as names are compared: width, case, blanks, brackets, 小区 and the writing of digits don't count."""
    text = _DROPPED.sub("", unicodedata.normalize("NFKC", name).lower())
    for word, instead in _SAME_WORDS:
        shorter = text.replace(word, instead)
        text = shorter or text
    return text.translate(_DIGITS)


def check_source(source: str, number: str) -> tuple[str, str]:
    """Source and its number, cleaned: both or none.

    Raises:
        BadPlace: one of them alone, or with other signs than letters, digits, - and .
    """
    source, number = clean_text(source), clean_text(number)
    if bool(source) != bool(number) or (source and not (_SOURCE.fullmatch(source) and _SOURCE.fullmatch(number))):
        raise BadPlace(
            msg("来源和来源编号要一起给，各不超过 40 个字母、数字或汉字。"),
            fields={"source_number": msg("请核对来源编号。")},
        )
    return source, number


@dataclass(frozen=True, slots=True)
class Like:
    """A known place that a new one resembles: `metres` apart (None where one has no point)."""

    place_id: int
    name: str
    region_name: str
    metres: float | None


@dataclass(frozen=True, slots=True)
class Known:
    """A known place as it is compared."""

    place_id: int
    name: str
    plain: str
    region_code: str
    region_name: str
    point: Point | None


def likely_same(said: PlaceSaid, known: Iterable[Known]) -> tuple[Like, ...]:
    """Known places that are likely the same: of the same name, within 300 m, or in the same community where one of them
    has no point. Nearest first; shown to people, never merged."""
    plain = plain_name(said.name)
    found = []
    for one in known:
        if one.plain != plain:
            continue
        if said.point is not None and one.point is not None:
            metres = metres_between(said.point, one.point)
            if metres <= SAME_WITHIN_M:
                found.append(Like(one.place_id, one.name, one.region_name, metres))
        elif one.region_code[:12] == said.region_code[:12]:
            found.append(Like(one.place_id, one.name, one.region_name, None))
    return tuple(sorted(found, key=lambda like: (like.metres is None, like.metres or 0.0, like.place_id)))


def looks_shifted(said: PlaceSaid, known: Iterable[Known]) -> str:
    """The datum in which the point was likely drawn, when it was said to be WGS84: a known place of the same name lies a
    typical shift away, and with the shift taken off nearly where the point is. Empty where nothing tells so."""
    point = said.point
    if point is None:
        return ""
    same = [one.point for one in known if one.point is not None and one.plain == plain_name(said.name)]
    for there in same:
        if not SHIFT_M[0] <= metres_between(point, there) <= SHIFT_M[1]:
            continue
        for datum in ("GCJ-02", "BD-09"):
            if metres_between(to_wgs84(point, datum), there) <= SHIFT_LEFT_M:
                return datum
    return ""


def names_elsewhere(address: str, own_path: str, others: Iterable[str]) -> str:
    """A county or township that the address names and in which the place doesn't lie; empty where there is none."""
    mine = tuple(name for name in own_path.split(" ") if name)
    if not address or any(name in address for name in mine):
        return ""
    return next((name for name in others if len(name) > 2 and name in address), "")


class PlaceLooksKnown(Conflict):
    """The place looks like known ones, or its point like another datum's; `likes` are shown, and who knows better says so."""

    code = "place-looks-known"
    likes: tuple[Like, ...] = ()


OpenCount = Callable[[int], int]
"""From a place's id to how many open things stand on it, as far as who acts sees them."""
_uses: list[OpenCount] = []


def on_place_used(count: OpenCount) -> None:
    """A slice above tells how many open things of its own stand on a place; asked before one is closed."""
    if count not in _uses:
        _uses.append(count)


def open_on_place(place_id: int) -> int:
    """How many open things stand on a place."""
    return sum(count(place_id) for count in _uses)


class PlaceInUse(Conflict):
    """Open matters stand on the place that is to be closed."""

    code = "place-in-use"
