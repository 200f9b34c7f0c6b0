"""Who wrote of a city's self-evaluation: whoever did doesn't sign it."""

from datetime import date

from shanzhi.core.periods import local_date
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds.models import Claim, Score


def written_by(city_id: int, staff_id: int | None) -> frozenset[str]:
    """The projects of which somebody wrote: an item's words or objection at any time in this round, whatever was computed or
    written over them since, or a claim that stands or one that came before it. A claim keeps its post alone, so it is asked
    who held that then. 2 queries, and one for each day on which something of a claim was written."""
    if staff_id is None:
        return frozenset()
    scores = Score.objects.filter(round_city=city_id, stage="self", staff_id=staff_id)
    found = set(scores.values_list("project", flat=True))
    claims = list(Claim.objects.filter(round_city=city_id))
    standing = {one.project for one in claims if one.ended_at is None}
    held: dict[date, set[int]] = {}
    for one in claims:
        day = local_date(one.claimed_at)
        if one.project in standing - found:
            if day not in held:
                held[day] = {card.post_id for card in organisation.posts_of_staff(staff_id, day)}
            if one.post_id in held[day]:
                found.add(one.project)
    return frozenset(found)
