"""Tables of the organisation. Private: other slices use `queries` and `operations`; foreign keys may point here.

What is permanent (a region's id and level, a unit, a post) stands in one row; what changes with time (a region's
code, name and parent; who holds a post) stands in dated rows `[from, to)` that the database keeps from overlapping.
The whole-number ranges in the exclusion constraints say "the same id" without the btree_gist extension.
The words for levels, kinds and the like are in `policy`.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from shanzhi.kernel.organisation.fields import CodeRangesField
from shanzhi.kernel.organisation.policy import Level, Sees, UnitKind


def _point(field: str, function: str = "int8range") -> Func:
    """The range that holds just the value of `field`."""
    return Func(F(field), F(field), Value("[]"), function=function)


def _opens_then_closes(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")), name=f"organisation_{name}_dates"
    )


def _one_of(field: str, words: type[Level] | type[Sees] | type[UnitKind], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": [str(word) for word in words]}), name=f"organisation_{name}"
    )


class TreeVersion(models.Model):
    """One row (id 1): a random value, renewed by every change of the region tree.

    Processes keep the tree in memory and compare this. Random, not counted: a change that is rolled back must
    never lend its number to the next one.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    version = models.UUIDField()

    class Meta:
        db_table = "organisation_tree_version"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="organisation_tree_version_one")]


class Region(models.Model):
    """区域. A piece of the city with a permanent id; its code, name and parent are dated (`RegionState`)."""

    id = models.BigAutoField(primary_key=True)
    level = models.CharField(max_length=10)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)

    class Meta:
        db_table = "organisation_region"
        constraints = [
            _opens_then_closes("region"),
            _one_of("level", Level, "region_level"),
            # Target of the state's foreign key (region, level).
            models.UniqueConstraint(fields=["id", "level"], name="organisation_region_id_level"),
        ]


class RegionState(models.Model):
    """What a region was called, which code and parent it had, from one date up to another.

    `level` repeats the region's (held equal by a composite foreign key), so that the shape of the code can be
    checked here. `ranges` is the set of codes that belong to the region.
    """

    id = models.BigAutoField(primary_key=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", db_index=False)
    level = models.CharField(max_length=10)
    code = models.TextField(db_collation="C")
    name = models.CharField(max_length=100)
    short_name = models.CharField(max_length=100)
    parent = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    ranges = CodeRangesField()
    valid = DateRangeField()

    class Meta:
        db_table = "organisation_region_state"
        indexes = [
            models.Index(fields=["code"], name="organisation_state_code"),
            models.Index(fields=["region"], name="organisation_state_region"),
            models.Index(fields=["parent"], name="organisation_state_parent"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(level="province", code__regex="^[0-9]{2}$")
                # 2: 直辖市; 6: a county-level city directly below its province (the "90" codes of GB/T 2260).
                | Q(level="city", code__regex="^([0-9]{2}|[0-9]{4}|[0-9]{6})$")
                | Q(level="county", code__regex="^[0-9]{6}$")
                | Q(level="township", code__regex="^[0-9]{9}$")
                | Q(level="community", code__regex="^[0-9]{12}$")
                | Q(level="grid", code__regex="^[0-9]{15}$")
                | Q(level="zone", code__regex="^([0-9]{6}|[0-9]{9})$"),
                name="organisation_state_code_shape",
            ),
            ExclusionConstraint(
                name="organisation_state_one_at_a_time",
                expressions=[(_point("region_id"), RangeOperators.OVERLAPS), ("valid", RangeOperators.OVERLAPS)],
            ),
            # One region at a time for a code; a zone has a code of its own, that nothing else may hold either.
            ExclusionConstraint(
                name="organisation_state_one_per_code",
                expressions=[
                    (_point("code", "coderange"), RangeOperators.OVERLAPS),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Redraw(models.Model):
    """区划变更. A plan that was carried out; takes effect with `effective_on`. `followed_at`: when matters had followed.

    `undoes`: the redraw that it takes back; `plan`: the plan as a file would say it, so that it can be taken back.
    """

    id = models.BigAutoField(primary_key=True)
    effective_on = models.DateField()
    made_at = models.DateTimeField()
    followed_at = models.DateTimeField(null=True)
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    plan = models.TextField(default="")

    class Meta:
        db_table = "organisation_redraw"


class RedrawPair(models.Model):
    """What became of one region by a redraw: its code before and after; another region's after a merge or split."""

    id = models.BigAutoField(primary_key=True)
    redraw = models.ForeignKey(Redraw, on_delete=models.PROTECT, related_name="+", db_index=False)
    old_region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", db_index=False)
    old_code = models.TextField(db_collation="C")
    new_region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    new_code = models.TextField(null=True, db_collation="C")

    class Meta:
        db_table = "organisation_redraw_pair"
        indexes = [models.Index(fields=["old_region"], name="organisation_redraw_old")]
        constraints = [
            models.UniqueConstraint(fields=["redraw", "old_region"], name="organisation_redraw_once"),
            models.CheckConstraint(
                condition=Q(new_region__isnull=True, new_code__isnull=True)
                | Q(new_region__isnull=False, new_code__isnull=False),
                name="organisation_redraw_whole",
            ),
        ]


class Unit(models.Model):
    """单位. Anything that can be given work; `department` is the code of its type in the rule book (justice, …).

    The row says what is so now, `UnitPast` what was so before; `version` counts its changes. `capacity`: how many open
    matters it can have before it counts as overloaded, where somebody has said so. Who took over its work is a `UnitHeir`.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    short_name = models.CharField(max_length=100)
    code = models.CharField(max_length=64, db_collation="C")
    level = models.CharField(max_length=10)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", db_index=False)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    department = models.CharField(max_length=40, null=True, db_collation="C")
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    capacity = models.PositiveIntegerField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        db_table = "organisation_unit"
        indexes = [
            models.Index(fields=["region", "kind"], name="organisation_unit_region"),
            models.Index(fields=["parent"], name="organisation_unit_parent"),
            models.Index(
                fields=["department", "region"],
                name="organisation_unit_department",
                condition=Q(department__isnull=False),
            ),
        ]
        constraints = [
            _opens_then_closes("unit"),
            _one_of("kind", UnitKind, "unit_kind"),
            _one_of("level", Level, "unit_level"),
            models.UniqueConstraint(fields=["code"], name="organisation_unit_code"),
            models.CheckConstraint(condition=Q(code__regex="^[a-z0-9][a-z0-9-]*$"), name="organisation_unit_slug"),
            models.CheckConstraint(
                condition=Q(kind="department", department__isnull=False)
                | Q(kind="public_utility")
                | (~Q(kind__in=["department", "public_utility"]) & Q(department__isnull=True)),
                name="organisation_unit_has_type",
            ),
            models.UniqueConstraint(
                fields=["region"],
                condition=Q(kind="centre", closed_on__isnull=True),
                name="organisation_unit_one_centre",
            ),
            models.UniqueConstraint(
                fields=["department", "region"],
                condition=Q(department__isnull=False, closed_on__isnull=True),
                name="organisation_unit_one_of_a_type",
            ),
        ]


class UnitHeir(models.Model):
    """Who takes over a unit's open work, and from which day; `redraw`: where the unit ended with its region, else it was
    closed by itself."""

    id = models.BigAutoField(primary_key=True)
    old_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    new_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    effective_on = models.DateField()
    redraw = models.ForeignKey(Redraw, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)

    class Meta:
        db_table = "organisation_unit_heir"
        constraints = [
            models.UniqueConstraint(fields=["old_unit"], name="organisation_unit_heir_once"),
            models.CheckConstraint(condition=~Q(old_unit=F("new_unit")), name="organisation_unit_heir_another"),
        ]


class UnitPast(models.Model):
    """What a unit was under an earlier version: from one date up to the change that ended it, and which post made that.

    Added to and never edited. Several changes on one day leave an empty span: they held no day.
    """

    id = models.BigAutoField(primary_key=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.IntegerField()
    name = models.CharField(max_length=100)
    short_name = models.CharField(max_length=100)
    parent = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    capacity = models.PositiveIntegerField(null=True)
    closed_on = models.DateField(null=True)
    valid = DateRangeField()
    changed_at = models.DateTimeField()
    changed_by_post = models.BigIntegerField(null=True)

    class Meta:
        db_table = "organisation_unit_past"
        constraints = [
            models.UniqueConstraint(fields=["unit", "version"], name="organisation_unit_past_version"),
            ExclusionConstraint(
                name="organisation_unit_past_one_at_a_time",
                expressions=[(_point("unit_id"), RangeOperators.OVERLAPS), ("valid", RangeOperators.OVERLAPS)],
            ),
        ]


class Staff(models.Model):
    """工作人员. Somebody who holds posts in units. Never a resident: residents are not in this database as persons."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=50)
    work_number = models.CharField(max_length=32, db_collation="C")

    class Meta:
        db_table = "organisation_staff"
        constraints = [
            models.UniqueConstraint(fields=["work_number"], name="organisation_staff_number"),
        ]


class Post(models.Model):
    """岗位. A role in a unit for a region.

    `sees` says how far: everything in its place, only what in its place still waits for a decision, or only what
    its unit takes part in. `ranges` replaces the region's own set of codes where the post has another one.
    `seat` tells apart posts of one role in one unit for one region, counted from 1.
    """

    id = models.BigAutoField(primary_key=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=40, db_collation="C")
    title = models.CharField(max_length=50)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", db_index=False)
    seat = models.SmallIntegerField(default=1)
    sees = models.CharField(max_length=10)
    ranges = CodeRangesField(null=True)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        db_table = "organisation_post"
        indexes = [
            models.Index(fields=["unit"], name="organisation_post_unit"),
            models.Index(fields=["region"], name="organisation_post_region"),
        ]
        constraints = [
            _opens_then_closes("post"),
            _one_of("sees", Sees, "post_sees"),
            models.CheckConstraint(condition=Q(seat__gte=1), name="organisation_post_seat_from_1"),
            models.UniqueConstraint(
                fields=["unit", "role", "region", "seat"],
                condition=Q(closed_on__isnull=True),
                name="organisation_post_one_of_a_seat",
            ),
        ]


class PostPast(models.Model):
    """What a post was under an earlier version, like `UnitPast`."""

    id = models.BigAutoField(primary_key=True)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.IntegerField()
    role = models.CharField(max_length=40, db_collation="C")
    title = models.CharField(max_length=50)
    sees = models.CharField(max_length=10)
    ranges = CodeRangesField(null=True)
    valid = DateRangeField()
    changed_at = models.DateTimeField()
    changed_by_post = models.BigIntegerField(null=True)

    class Meta:
        db_table = "organisation_post_past"
        constraints = [
            models.UniqueConstraint(fields=["post", "version"], name="organisation_post_past_version"),
            ExclusionConstraint(
                name="organisation_post_past_one_at_a_time",
                expressions=[(_point("post_id"), RangeOperators.OVERLAPS), ("valid", RangeOperators.OVERLAPS)],
            ),
        ]


class Admission(models.Model):
    """准入清单. Something that may be asked of communities or grids at all, from one date up to another.

    Which level, and on what ground (a law, a document of the city). What isn't on it may not be asked.
    """

    id = models.BigAutoField(primary_key=True)
    item = models.CharField(max_length=100)
    level = models.CharField(max_length=10)
    ground = models.CharField(max_length=300)
    valid = DateRangeField()

    class Meta:
        db_table = "organisation_admission"
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=["community", "grid"]) & ~Q(item="") & ~Q(ground=""),
                name="organisation_admission_whole",
            ),
            # The same words at the same level never hold twice on one day; a hash says "the same" without btree_gist.
            ExclusionConstraint(
                name="organisation_admission_one_at_a_time",
                expressions=[
                    (
                        Func(
                            Func(F("level"), function="hashtext"),
                            Func(F("level"), function="hashtext"),
                            Value("[]"),
                            function="int4range",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(
                            Func(F("item"), Value(0), function="hashtextextended"),
                            Func(F("item"), Value(0), function="hashtextextended"),
                            Value("[]"),
                            function="int8range",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
        ]


class PostHolding(models.Model):
    """任职. Who held a post from one date up to another; one person a post, any number of posts a person."""

    id = models.BigAutoField(primary_key=True)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", db_index=False)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+", db_index=False)
    valid = DateRangeField()

    class Meta:
        db_table = "organisation_post_holding"
        indexes = [
            models.Index(fields=["post"], name="organisation_holding_post"),
            models.Index(fields=["staff"], name="organisation_holding_staff"),
        ]
        constraints = [
            ExclusionConstraint(
                name="organisation_holding_one_at_a_time",
                expressions=[(_point("post_id"), RangeOperators.OVERLAPS), ("valid", RangeOperators.OVERLAPS)],
            ),
        ]


class Place(models.Model):
    """场所. A named place with a permanent id; what it says of itself is dated (`PlaceVersion`).

    `source` and `source_number` name the record that it came from; `mark` stands in the QR code that hangs there.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=40, null=True, db_collation="C")
    source_number = models.CharField(max_length=40, null=True, db_collation="C")
    mark = models.CharField(max_length=16, db_collation="C")
    made_at = models.DateTimeField()

    class Meta:
        db_table = "organisation_place"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_number"], name="organisation_place_source", condition=Q(source__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(source__isnull=True, source_number__isnull=True)
                | Q(source__isnull=False, source_number__isnull=False),
                name="organisation_place_source_whole",
            ),
        ]


class PlaceVersion(models.Model):
    """What a place was from `holds_from` up to (not with) `holds_until`; only added to, an edit ends what it replaces.

    A version that a later edit of the same or an earlier day replaced holds for no day: both days are equal. `plain` is
    the name as names are compared. Firm and committee are organisations, never persons.
    """

    id = models.BigAutoField(primary_key=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.IntegerField()
    kind = models.CharField(max_length=20, db_collation="C")
    name = models.CharField(max_length=60)
    plain = models.CharField(max_length=80, db_collation="C")
    also = models.CharField(max_length=200, default="")
    address = models.CharField(max_length=200, default="")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", db_index=False)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    firm = models.CharField(max_length=60, default="")
    firm_phone = models.CharField(max_length=20, default="")
    committee = models.CharField(max_length=60, default="")
    committee_phone = models.CharField(max_length=20, default="")
    is_closed = models.BooleanField(default=False)
    holds_from = models.DateField()
    holds_until = models.DateField(null=True)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "organisation_place_version"
        indexes = [
            models.Index(fields=["latitude", "longitude"], name="organisation_place_point"),
            models.Index(fields=["region"], name="organisation_place_region"),
            models.Index(fields=["plain"], name="organisation_place_plain"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["place", "version"], name="organisation_place_once"),
            models.CheckConstraint(
                condition=Q(holds_until__isnull=True) | Q(holds_until__gte=F("holds_from")),
                name="organisation_place_days",
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
                name="organisation_place_in_degrees",
            ),
            ExclusionConstraint(
                name="organisation_place_one_at_a_time",
                expressions=[
                    (_point("place_id"), RangeOperators.OVERLAPS),
                    (
                        Func(F("holds_from"), F("holds_until"), Value("[)"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]


class ShapeLoad(models.Model):
    """One taking over of outlines: which file (SHA-256), in which datum it was drawn, from when it holds, how many."""

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=64, db_collation="C")
    datum = models.CharField(max_length=10, db_collation="C")
    holds_from = models.DateField()
    shapes = models.IntegerField()
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "organisation_shape_load"
        constraints = [models.CheckConstraint(condition=Q(shapes__gt=0), name="organisation_shape_load_some")]


class RegionShape(models.Model):
    """A region's outline in WGS84 from `holds_from` up to (not with) `holds_until`; only added to, like place versions.

    `outline` and `sketch` (fewer points, for a page) are WKB; the box is in degrees, the area on the sphere. An outline
    that a later one of the same or an earlier day replaced holds for no day: both days are equal.
    """

    id = models.BigAutoField(primary_key=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", db_index=False)
    load = models.ForeignKey(ShapeLoad, on_delete=models.PROTECT, related_name="+", db_index=False)
    outline = models.BinaryField()
    sketch = models.BinaryField()
    area_m2 = models.FloatField()
    south = models.FloatField()
    north = models.FloatField()
    west = models.FloatField()
    east = models.FloatField()
    holds_from = models.DateField()
    holds_until = models.DateField(null=True)

    class Meta:
        db_table = "organisation_region_shape"
        indexes = [models.Index(fields=["south", "north", "west", "east"], name="organisation_shape_box")]
        constraints = [
            models.UniqueConstraint(fields=["region", "load"], name="organisation_shape_once"),
            models.CheckConstraint(
                condition=Q(holds_until__isnull=True) | Q(holds_until__gte=F("holds_from")),
                name="organisation_shape_days",
            ),
            models.CheckConstraint(
                condition=Q(area_m2__gt=0, south__gte=-90, north__lte=90, west__gte=-180, east__lte=180)
                & Q(south__lt=F("north"), west__lt=F("east")),
                name="organisation_shape_in_degrees",
            ),
            ExclusionConstraint(
                name="organisation_shape_one_at_a_time",
                expressions=[
                    (_point("region_id"), RangeOperators.OVERLAPS),
                    (
                        Func(F("holds_from"), F("holds_until"), Value("[)"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]


class ShapeDraft(models.Model):
    """A file of outlines that a keeper's post has uploaded and not taken over yet; one a post, replaced by the next.

    `content` is the file, deflated.
    """

    id = models.BigAutoField(primary_key=True)
    post = models.OneToOneField(Post, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, db_collation="C")
    datum = models.CharField(max_length=10, db_collation="C")
    code_field = models.CharField(max_length=40, default="")
    content = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "organisation_shape_draft"
