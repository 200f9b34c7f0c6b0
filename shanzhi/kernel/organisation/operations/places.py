"""Places: enter one, change it from a day on, close it. Each edit is a version; a later edit undoes an earlier one."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest

from shanzhi.core.periods import local_date
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.organisation.models import Place, PlaceVersion
from shanzhi.kernel.organisation.payloads import PlaceAdded, PlaceChanged, PlaceClosed
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy import places as policy
from shanzhi.kernel.organisation.policy.places import BadPlace, Known, Like, NoSuchPlace, PlaceSaid
from shanzhi.kernel.organisation.queries import places as queries
from shanzhi.kernel.organisation.queries.redraws import region_became
from shanzhi.kernel.organisation.queries.regions import RegionRow, region_of_code

SAYS = ("kind", "name", "also", "address", "firm", "firm_phone", "committee", "committee_phone")


@transaction.atomic
def place_add(
    *,
    said: PlaceSaid,
    on: date,
    now: datetime,
    author: Author,
    within: CodeRanges | None = None,
    source: str = "",
    source_number: str = "",
    even_so: bool = False,
) -> int:
    """Enter a place as it is from `on`; returns its id. `within` are the codes that the author keeps (None: all).

    `even_so`: somebody has seen what it looks like and knows better.

    Raises:
        BadPlace: a sentence for each field that can't be used.
        PlaceTwice: another place has this number of this source.
        PlaceLooksKnown: it is likely a known place, or its point was likely drawn in another datum; `likes` says which.
    """
    source, source_number = policy.check_source(source, source_number)
    shown, region = _judged(said, on, within, now)
    _queue(f"name {policy.plain_name(shown.name)}")
    if source and Place.objects.filter(source=source, source_number=source_number).exists():
        raise policy.PlaceTwice(
            msg("来源“%(source)s”的 %(number)s 号已经有了。要改就打开原来的场所。"),
            source=source,
            number=source_number,
        )
    if not even_so:
        _check_new(said, shown, on)
    place = Place.objects.create(
        source=source or None, source_number=source_number or None, mark=secrets.token_hex(8), made_at=now
    )
    row = _write(place.pk, 1, shown, region, on, now, author, is_closed=False)
    _record(PlaceAdded(place.pk, row.kind, region.id, region.code, on, row.latitude is not None, source), row, author)
    return place.pk


@transaction.atomic
def place_change(
    *,
    place_id: int,
    said: PlaceSaid,
    based_on: int,
    on: date,
    now: datetime,
    author: Author,
    within: CodeRanges | None = None,
    even_so: bool = False,
) -> int:
    """Say what a place is from `on`; whatever was said of that day or later is replaced. Opens a closed one again.

    `based_on` is the version that the screen showed. Returns the new version.

    Raises:
        BadPlace: a sentence for each field that can't be used.
        NoSuchPlace: no such place.
        PlaceMovedOn: there is a newer version than the screen showed.
        PlaceLooksKnown: it now looks like another one, or its point like another datum's.
    """
    newest = _newest(place_id, based_on, within, on, now)
    shown, region = _judged(said, on, within, now)
    if not even_so:
        _check_new(said, shown, on, but=place_id)
    row = _write(place_id, newest.version + 1, shown, region, on, now, author, is_closed=False)
    _record(PlaceChanged(place_id, row.version, row.kind, region.id, region.code, on), row, author)
    return row.version


@transaction.atomic
def place_close(
    *,
    place_id: int,
    based_on: int,
    on: date,
    now: datetime,
    author: Author,
    within: CodeRanges | None = None,
    even_so: bool = False,
) -> int:
    """Close a place from `on`; returns the new version. Matters keep the place; nothing new is begun there.

    Raises:
        NoSuchPlace, PlaceMovedOn: as `place_change`.
        PlaceClosed: it is closed on that day.
        PlaceInUse: open matters stand on it, and nobody has said `even_so`.
    """
    newest = _newest(place_id, based_on, within, on, now)
    if newest.is_closed and newest.holds_from <= on:
        raise policy.PlaceClosed(msg("“%(name)s”已经关闭了。"), name=newest.name)
    open_ = 0 if even_so else policy.open_on_place(place_id)
    if open_:
        raise policy.PlaceInUse(
            msg("“%(name)s”还有 %(count)s 件没有办结的事项。办结后再关闭；确定现在就关闭的，勾选“仍然关闭”再按一次。"),
            name=newest.name,
            count=open_,
        )
    _end_from(place_id, on)
    row = _copy(newest, newest.version + 1, on, now, author)
    _record(PlaceClosed(place_id, row.version, on, open_), row, author)
    return row.version


@transaction.atomic
def places_follow(*, on: date, now: datetime, author: Author, most: int = 500) -> int:
    """Let places whose region was merged, split or closed follow it; returns how many did. Worker's role."""
    followed = 0
    for row in queries.places_astray(on, most):
        heir = region_became(row.region_id, row.holds_from, on)
        region = queries.region_state(heir, on) if heir is not None else None
        if region is None:
            continue
        newest = PlaceVersion.objects.filter(place_id=row.place_id).order_by("-version")[0]
        _end_from(row.place_id, on)
        version = _copy(newest, newest.version + 1, on, now, author, is_closed=newest.is_closed, region_id=region.id)
        payload = PlaceChanged(row.place_id, version.version, version.kind, region.id, region.code, on)
        _record(payload, version, author)
        followed += 1
    return followed


def looks_like(said: PlaceSaid, on: date, but: int = 0) -> tuple[tuple[Like, ...], str]:
    """What a place looks like, without raising: known places that are likely the same, and a sentence about its point."""
    shown = said.cleaned(queries.place_catalogue(), queries.box_of_city(on))
    known = [one for one in queries.known_like(policy.plain_name(shown.name), on) if one.place_id != but]
    return policy.likely_same(shown, known), _doubt(said, shown, known, on)


def _check_new(said: PlaceSaid, shown: PlaceSaid, on: date, but: int = 0) -> None:
    known = [one for one in queries.known_like(policy.plain_name(shown.name), on) if one.place_id != but]
    likes = policy.likely_same(shown, known)
    doubt = _doubt(said, shown, known, on)
    if likes:
        sentence = msg("已经有很像的场所：%(likes)s。是同一处就不用再加；确是另一处的，勾选“确认无误”再保存。")
        error = policy.PlaceLooksKnown(sentence, likes="、".join(_told(like) for like in likes[:3]))
    elif doubt:
        error = policy.PlaceLooksKnown(doubt)
    else:
        return
    error.likes = likes
    raise error


def _told(like: Like) -> str:
    away = "" if like.metres is None else f"，相距 {like.metres:.0f} 米"
    return f"{like.name}（{like.region_name}{away}）"


def _doubt(said: PlaceSaid, shown: PlaceSaid, known: Sequence[Known], on: date) -> str:
    """A sentence where the point or the address doesn't go with the rest."""
    if said.datum in ("WGS84", "CGCS2000") and policy.looks_shifted(shown, known):
        return msg(
            "同名场所在几百米外，坐标像是 GCJ-02 或 BD-09（地图软件的坐标）。请选对坐标系；确认无误的，勾选后再保存。"
        )
    region = region_of_code(shown.region_code, on)
    if region and policy.names_elsewhere(shown.address, region.path, queries.area_names(on)):
        return msg("地址里写的县区或镇街，和所选的区域对不上。请核对；确认无误的，勾选后再保存。")
    nearest = queries.nearest_region(shown.point, on) if shown.point else None
    if nearest and nearest[0] < queries.NEAR_KNOWN_M and nearest[1][:6] != shown.region_code[:6]:
        return msg("这个坐标周围的场所都在别的县区，和所选的区域对不上。请核对；确认无误的，勾选后再保存。")
    return ""


def _judged(said: PlaceSaid, on: date, within: CodeRanges | None, now: datetime) -> tuple[PlaceSaid, RegionRow]:
    shown = said.cleaned(queries.place_catalogue(), queries.box_of_city(on))
    region = region_of_code(shown.region_code, on) if shown.region_code.isdigit() else None
    if region is None or region.level not in (Level.COMMUNITY, Level.GRID):
        raise _wrong_region(msg("请选所在的村（社区）或网格。"))
    if not _is_kept(region.id, on, within, now):
        raise _wrong_region(msg("这个区域不归您管。请换一个，或请上级管理员来做。"))
    return shown, region


def _wrong_region(sentence: str) -> BadPlace:
    return BadPlace(msg("这个场所还不能保存，请按提示改正。"), fields={"region_code": sentence})


def _newest(place_id: int, based_on: int, within: CodeRanges | None, on: date, now: datetime) -> PlaceVersion:
    """The newest version, with everybody else who would change the place waiting.

    Whoever says something from an earlier day on ends what was said since: all of it has to be theirs.
    """
    _queue(f"id {place_id}")
    newest = PlaceVersion.objects.filter(place_id=place_id).order_by("-version").first()
    ending = PlaceVersion.objects.filter(_later(on), place_id=place_id).values_list("region_id", "holds_from")
    if newest is None or not all(
        _is_kept(region_id, max(since, on), within, now)
        for region_id, since in {(newest.region_id, on), *(ending if within is not None else ())}
    ):
        raise NoSuchPlace(msg("没有找到这个场所，或者不归您管。请核对，或请上级管理员来做。"))
    if newest.version != based_on:
        raise policy.PlaceMovedOn(msg("这个场所刚刚有人改过。请看过新内容再保存，您填写的还在。"))
    return newest


def _is_kept(region_id: int, on: date, within: CodeRanges | None, now: datetime) -> bool:
    """Does a region lie in `within` both on the form's day and today? Whose it was once doesn't decide by itself."""
    if within is None:
        return True
    today = local_date(now)
    then = queries.region_state(region_id, on)
    heir = region_became(region_id, on, today) if on < today else region_id
    here = queries.region_state(heir, today) if heir is not None else None
    return then is not None and within.contains(then.code) and (here is None or within.contains(here.code))


def _queue(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('place ' || %s, 0))", [what])


def _end_from(place_id: int, on: date) -> None:
    """Let what is said of `on` and later end before it; what began later holds for no day."""
    PlaceVersion.objects.filter(_later(on), place_id=place_id).update(holds_until=Greatest(F("holds_from"), on))


def _later(on: date) -> Q:
    return Q(holds_until__isnull=True) | Q(holds_until__gt=on)


def _write(
    place_id: int,
    version: int,
    said: PlaceSaid,
    region: RegionRow,
    on: date,
    now: datetime,
    author: Author,
    *,
    is_closed: bool,
) -> PlaceVersion:
    _end_from(place_id, on)
    point = said.point
    says = {name: value for name, value in asdict(said).items() if name in SAYS}
    return PlaceVersion.objects.create(
        place_id=place_id,
        version=version,
        plain=policy.plain_name(said.name),
        region_id=region.id,
        latitude=Decimal(str(point.latitude)) if point else None,
        longitude=Decimal(str(point.longitude)) if point else None,
        is_closed=is_closed,
        holds_from=on,
        post_id=author.post_id,
        made_at=now,
        **says,
    )


def _copy(
    of: PlaceVersion,
    version: int,
    on: date,
    now: datetime,
    author: Author,
    *,
    is_closed: bool = True,
    region_id: int | None = None,
) -> PlaceVersion:
    made = PlaceVersion.objects.get(pk=of.pk)
    made.pk = None
    made.version, made.holds_from, made.holds_until = version, on, None
    made.is_closed, made.made_at, made.post_id = is_closed, now, author.post_id
    made.region_id = region_id or of.region_id
    made.save(force_insert=True)
    return made


def _record(payload: PlaceAdded | PlaceChanged | PlaceClosed, row: PlaceVersion, author: Author) -> None:
    state = queries.region_state(row.region_id, row.holds_from)
    subject = Subject("place", row.place_id, row.version, state.code if state else "")
    journal.record(payload=payload, subject=subject, author=author, happened_at=row.made_at)
