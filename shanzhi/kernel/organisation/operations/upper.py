"""Set up an installation above cities: a province, its cities as regions, the offices that organise rounds."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation.divisions import CityDivisions
from shanzhi.kernel.organisation.models import Post, RegionState, Unit
from shanzhi.kernel.organisation.operations._common import from_day, lock_organisation, state_of, write_journal
from shanzhi.kernel.organisation.operations.regions import regions_load
from shanzhi.kernel.organisation.payloads import PostsLoaded, UnitsLoaded
from shanzhi.kernel.organisation.policy import UnitKind
from shanzhi.kernel.organisation.rulebook_upper import UpperUnit


@dataclass(frozen=True, slots=True)
class UpperCount:
    """What a load did: new regions, units and posts."""

    regions: int
    units: int
    posts: int


def upper_load(
    *, divisions: CityDivisions, units: tuple[UpperUnit, ...], on: date, now: datetime, author: Author
) -> UpperCount:
    """Make the regions, units and posts of a province's installation that aren't there yet: all or nothing, and nothing a
    second time; more cities may be added later. `divisions` come from `divisions.read_province`.

    Raises:
        LoadRefused: a code is taken from a later date on.
    """
    province = divisions.city_code
    with transaction.atomic():
        before = RegionState.objects.filter(valid__overlap=from_day(on)).count()
        regions_load(divisions=divisions, on=on, now=now, author=author)
        lock_organisation()
        state = state_of(province, on)
        made = [_unit(plan, state, on) for plan in units]
        new_units = [unit for unit, is_new in made if is_new]
        new_posts = [
            post
            for plan, (unit, _) in zip(units, made, strict=True)
            for post in _posts(plan, unit, state.region_id, on)
        ]
        Post.objects.bulk_create(new_posts)
        kept = len(made) - len(new_units)
        about = {"kind": "region", "subject_id": state.region_id, "scope_code": province, "author": author, "now": now}
        if new_units:
            centres = sum(unit.kind == UnitKind.CENTRE for unit in new_units)
            loaded = UnitsLoaded(province, on, centres, len(new_units) - centres, 0, 0, 0, kept)
            write_journal(loaded, **about)  # type: ignore[arg-type]
        if new_posts:
            write_journal(PostsLoaded(province, on, len(new_posts), 0), **about)  # type: ignore[arg-type]
        after = RegionState.objects.filter(valid__overlap=from_day(on)).count()
        return UpperCount(after - before, len(new_units), len(new_posts))


def _unit(plan: UpperUnit, province: RegionState, on: date) -> tuple[Unit, bool]:
    """The unit of a plan, and whether it is new."""
    return Unit.objects.get_or_create(
        code=f"{plan.code}-{province.code}",
        defaults={
            "kind": plan.kind,
            "name": plan.name.format(province=province.name),
            "short_name": plan.short.format(province=province.short_name),
            "level": "province",
            "region_id": province.region_id,
            "department": plan.code if plan.kind is UnitKind.DEPARTMENT else None,
            "opened_on": on,
        },
    )


def _posts(plan: UpperUnit, unit: Unit, region_id: int, on: date) -> list[Post]:
    """The plan's posts that the unit lacks."""
    there = set(Post.objects.filter(unit=unit, closed_on=None).values_list("role", "seat"))
    return [
        Post(
            unit=unit,
            role=post.role,
            title=post.title,
            region_id=region_id,
            seat=seat,
            sees=post.sees,
            opened_on=on,
        )
        for post in plan.posts
        for seat in range(1, post.seats + 1)
        if (post.role, seat) not in there
    ]
