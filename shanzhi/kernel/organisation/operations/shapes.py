"""Outlines of regions: keep an uploaded file for its post, take one over from a day on. All of it, or nothing."""

import zlib
from datetime import date, datetime
from hashlib import sha256

import shapely
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest

from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation.models import RegionShape, ShapeDraft, ShapeLoad
from shanzhi.kernel.organisation.operations._common import write_journal
from shanzhi.kernel.organisation.payloads import ShapesLoaded
from shanzhi.kernel.organisation.policy.shape_file import read_shapes
from shanzhi.kernel.organisation.policy.shapes import Judged, NoSuchShapes, Shape, ShapesRefused
from shanzhi.kernel.organisation.policy.shaping import sketch
from shanzhi.kernel.organisation.queries import shapes as queries

_BATCH = 500


@transaction.atomic
def shapes_keep(*, data: bytes, datum: str, code_field: str, post_id: int, now: datetime) -> None:
    """Keep an uploaded file until its post takes it over, or uploads another one.

    Raises:
        BadShapeFile: it can't be read at all; nothing is kept.
    """
    code_field = code_field.strip()
    read_shapes(data, code_field)
    ShapeDraft.objects.filter(post_id=post_id).delete()
    ShapeDraft.objects.create(
        post_id=post_id,
        digest=sha256(data).hexdigest(),
        datum=datum,
        code_field=code_field,
        content=zlib.compress(data, 1),
        made_at=now,
    )


@transaction.atomic
def shapes_take_over(
    *, digest: str, on: date, author: Author, now: datetime, within: CodeRanges | None = None, even_so: bool = False
) -> int:
    """Take over the file that this post has uploaded and seen; returns how many outlines.

    Raises:
        NoSuchShapes: it isn't there any more, or another one was uploaded meanwhile.
        ShapesRefused: see `shapes_load`.
    """
    post_id = author.post_id
    draft = queries.shape_draft(post_id)
    if post_id is None or draft is None or draft.digest != digest:
        raise NoSuchShapes(msg("要采用的文件已经不在，或者换了一个。请重新上传。"))
    count = shapes_load(
        data=draft.content,
        datum=draft.datum,
        code_field=draft.code_field,
        on=on,
        author=author,
        now=now,
        within=within,
        even_so=even_so,
    )
    ShapeDraft.objects.filter(post_id=post_id).delete()
    return count


@transaction.atomic
def shapes_load(
    *,
    data: bytes,
    datum: str,
    on: date,
    author: Author,
    now: datetime,
    code_field: str = "",
    within: CodeRanges | None = None,
    even_so: bool = False,
) -> int:
    """Take over a file of outlines from `on`; returns how many. What was said of that day and later is replaced.

    `within` are the codes that the author keeps (None: all); `even_so`: somebody has seen the warnings.

    Raises:
        BadShapeFile: it can't be read at all.
        ShapesRefused: it has errors, warnings that nobody has confirmed, or a region out of the author's place.
    """
    with connection.cursor() as cursor:
        # One after the other: the newest load's number is how every process knows that its outlines are of yesterday.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('region shapes', 0))")
    judged = queries.shapes_judged(data, datum, on, code_field)
    _check(judged, within, even_so=even_so)
    digest = sha256(data).hexdigest()
    load = ShapeLoad.objects.create(
        digest=digest, datum=datum, holds_from=on, shapes=len(judged.shapes), post_id=author.post_id, made_at=now
    )
    later = Q(holds_until__isnull=True) | Q(holds_until__gt=on)
    RegionShape.objects.filter(later, region_id__in=[one.region.region_id for one in judged.shapes]).update(
        holds_until=Greatest(F("holds_from"), on)
    )
    RegionShape.objects.bulk_create([_row(one, load, on) for one in judged.shapes], batch_size=_BATCH)
    top = min((one.region.code for one in judged.shapes), key=len)
    payload = ShapesLoaded(load.pk, digest, datum, on, len(judged.shapes), judged.warnings)
    write_journal(payload, kind="shapes", subject_id=load.pk, scope_code=top, author=author, now=now)
    return len(judged.shapes)


def _check(judged: Judged, within: CodeRanges | None, *, even_so: bool) -> None:
    foreign = [one.region for one in judged.shapes if within is not None and not within.contains(one.region.code)]
    if foreign:
        raise ShapesRefused(
            msg("“%(name)s”（%(code)s）不在您岗位所管的范围内。请去掉它，或由上一级的系统管理员采用。"),
            name=foreign[0].name,
            code=foreign[0].code,
        )
    if judged.errors or not judged.shapes:
        error = ShapesRefused(msg("文件里有 %(count)s 处错误，一个也没有采用。请改好再上传。"), count=judged.errors)
    elif judged.warnings and not even_so:
        error = ShapesRefused(
            msg("有 %(count)s 处提醒。看过、确认无误的，勾选“确认无误”再采用。"), count=judged.warnings
        )
    else:
        return
    error.findings = judged.findings
    raise error


def _row(shape: Shape, load: ShapeLoad, on: date) -> RegionShape:
    west, south, east, north = (float(side) for side in shape.outline.bounds)
    return RegionShape(
        region_id=shape.region.region_id,
        load=load,
        outline=shapely.to_wkb(shape.outline),
        sketch=shapely.to_wkb(sketch(shape.outline)),
        area_m2=shape.area_m2,
        south=south,
        north=north,
        west=west,
        east=east,
        holds_from=on,
    )
