"""A pack that was taken in is followed from a figure to the matters behind it and to a matter's proved entries. No database."""

import re
from base64 import b64decode
from pathlib import Path

import pytest

from shanzhi.core.errors import NotFound
from shanzhi.kernel.indicators.policy.definitions import Length
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.packs.queries import kept
from shanzhi.kernel.packs.tests.by_hand import KEY, STRANGER, Made, made

QUARTER = Period(202601, Length.QUARTER)
RATE = "satisfaction_rate"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Path]:
    """A city's pack of a quarter, and what it was made of."""
    folder = tmp_path_factory.mktemp("pack")
    city = made(folder=folder)
    return city, city.write(folder / "city.pack")


def test_the_city_s_figures_are_those_of_its_records(sound: tuple[Made, Path]) -> None:
    with kept.kept_pack(sound[1], kept.FIGURES) as pack:
        figures = kept.city_figures(pack, QUARTER)
        regions = kept.region_figures(pack, RATE, QUARTER)
        assert kept.region_figures(pack, "nothing", QUARTER) == ()
    top = regions[0]
    assert (top.code, top.numbers, figures[RATE]) == ("3703", figures[RATE], (13, 29))
    counties = [one for one in regions if one.level == "county"]
    assert tuple(map(sum, zip(*(one.numbers for one in counties), strict=True))) == figures[RATE]


def test_matters_behind_a_figure_add_up_to_it(sound: tuple[Made, Path]) -> None:
    with kept.kept_pack(sound[1], kept.FIGURES) as pack:
        regions = kept.region_figures(pack, RATE, QUARTER)
    with kept.kept_pack(sound[1], kept.facts()) as pack:
        for one in regions:
            behind = kept.behind_figure(pack, RATE, QUARTER, one.id)
            assert (sum(m.numerator for m in behind), sum(m.denominator for m in behind)) == one.numbers
        assert kept.behind_figure(pack, "covenant_review", QUARTER, regions[0].id) == ()


def test_a_matter_s_entries_lead_to_the_signed_root(sound: tuple[Made, Path]) -> None:
    city, path = sound
    with kept.kept_pack(path, kept.PROOF) as pack:
        told = kept.matter_told(pack, "N-00002", [KEY.public])
        assert (told.is_proved, told.keys, told.faults) == (True, (KEY.public.id,), ())
        assert [one.step for one in told.entries] == list(range(1, len(told.entries) + 1))
        assert told.heads[0][2] == b64decode(city.heads.epochs[0].head.split("\n")[2]).hex()
        last, verdict = told.entries[-1], told.verdicts[-1]
        assert (last.action, last.payload["satisfied"], last.step) == ("matters.rate", verdict.satisfied, verdict.step)
        stranger = kept.matter_told(pack, "N-00002", [STRANGER.public])
        assert (stranger.is_proved, len(stranger.faults) > 0) == (False, True)
        with pytest.raises(NotFound):
            kept.matter_told(pack, "N-99999")


def test_an_entry_that_was_changed_isn_t_proved(tmp_path: Path) -> None:
    city = made(folder=tmp_path)
    nth = next(at for at, row in enumerate(city.entries) if row[2] == "matter" and "matters.rate" in row[6])
    row = list(city.entries[nth])
    row[6] = re.sub(r'"satisfied": \d', '"satisfied": 9', row[6])
    assert row[6] != city.entries[nth][6]
    city.entries[nth] = tuple(row)
    with kept.kept_pack(city.write(tmp_path / "city.pack"), kept.PROOF) as pack:
        number = pack.rows("SELECT number FROM fact_matter WHERE matter_id = ?", [row[3]])[0][0]
        told = kept.matter_told(pack, number, [KEY.public])
    assert (told.is_proved, any(not one.is_proved for one in told.entries), len(told.faults) > 0) == (False, True, True)


def test_what_may_be_drawn_is_all_of_it(sound: tuple[Made, Path]) -> None:
    city, path = sound
    with kept.kept_pack(path, kept.MATTERS) as pack:
        assert len(kept.matters_in(pack)) == len(city.facts["fact_matter"])
        places = kept.places_in(pack, "township")
    assert [(one.code[:6], one.county) for one in places] == [(one.code[:6], one.code[:6]) for one in places]
    assert sum(one.matters for one in places) == len(city.facts["fact_matter"])


def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(kept.PackGone), kept.kept_pack(tmp_path / "none", kept.FIGURES):
        pass
    with pytest.raises(kept.PackGone):
        kept.part_of(tmp_path / "none", "scores.json")
