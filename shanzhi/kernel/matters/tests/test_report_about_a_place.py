"""A report names a place: region, words and point come from it, and the place knows its open matters."""

import pytest

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.report import BadReport, NewReport
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation.policy.places import PlaceInUse, PlaceSaid
from tests.city import NOW, OPENED, Cast

pytestmark = pytest.mark.django_db
GARDEN = PlaceSaid("世纪花园小区", "compound", "370303009006", latitude=36.8135, longitude=118.048)


def garden(cast: Cast) -> int:
    author = Author("post", cast.keeper.post_id, cast.keeper.unit_id)
    with acting(cast.keeper):
        return organisation.place_add(said=GARDEN, on=OPENED, now=NOW, author=author)


def test_it_takes_from_the_place_what_was_not_said(cast: Cast) -> None:
    place = garden(cast)
    with acting(ANYONE):
        made = operations.report(new=NewReport(body="路灯不亮", place_id=place), actor=ANYONE, now=NOW)
    with acting(cast.supervisor):
        card = queries.card(made.matter_id, actor=cast.supervisor, now=NOW)
        assert queries.place_ids([made.matter_id]) == {made.matter_id: place}
        assert (queries.open_at_place(place), queries.open_at_places([place])) == (1, {place: 1})
        (told,) = journal.entries_of("matter", made.matter_id)
        assert (told.payload["place_id"], told.payload["place_kind"]) == (place, "compound")
    assert (card.region_code, card.place, card.latitude) == ("370303009006", "世纪花园小区", 36.8135)
    with acting(cast.neighbour_handler):
        assert queries.place_ids([made.matter_id]) == {}


def test_what_was_said_stays(cast: Cast) -> None:
    new = NewReport(
        body="路灯不亮",
        place_id=garden(cast),
        place_text="3号楼北",
        latitude=36.8,
        longitude=118.0,
        region_code="370303",
    )
    with acting(ANYONE):
        made = operations.report(new=new, actor=ANYONE, now=NOW)
    with acting(cast.supervisor):
        card = queries.card(made.matter_id, actor=cast.supervisor, now=NOW)
    assert (card.region_code, card.place, card.latitude) == ("370303", "3号楼北", 36.8)


def test_a_closed_or_unknown_place_is_refused(cast: Cast) -> None:
    place = garden(cast)
    author = Author("post", cast.keeper.post_id, cast.keeper.unit_id)
    with acting(ANYONE):
        operations.report(new=NewReport(body="路灯不亮", place_id=place), actor=ANYONE, now=NOW)
    with acting(cast.keeper):
        with pytest.raises(PlaceInUse):
            organisation.place_close(place_id=place, based_on=1, on=NOW.date(), now=NOW, author=author)
        organisation.place_close(place_id=place, based_on=1, on=NOW.date(), now=NOW, author=author, even_so=True)
    for wrong in (place, 999_999):
        with acting(ANYONE), pytest.raises(BadReport) as found:
            operations.report(new=NewReport(body="路灯不亮", place_id=wrong), actor=ANYONE, now=NOW)
        assert set(found.value.fields) == {"place_id"}
