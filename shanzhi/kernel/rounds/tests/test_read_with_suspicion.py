"""What another platform wrote is read with suspicion: whatever isn't a plain round, slip, score or objection is a sentence."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.tests.support import TEXT
from shanzhi.kernel.rounds.operations._common import words_of
from shanzhi.kernel.rounds.operations.opening import guideline_of
from shanzhi.kernel.rounds.policy.handed_in import HandedIn, read_scores
from shanzhi.kernel.rounds.policy.plain import BODY_MOST, POINTS_MOST, read_json, read_points
from shanzhi.kernel.rounds.policy.slips import ObjectionsText, ObjectionText, read_objections, read_slip
from shanzhi.kernel.rounds.policy.text import GUIDELINE_MOST, Guideline, read_round
from shanzhi.kernel.rounds.policy.words import RoundUnreadable, Stage
from shanzhi.kernel.rounds.tests.support import round_text
from shanzhi.kernel.rounds.tests.test_hear_from_above import SLIP
from shanzhi.kernel.rounds.tests.upper_support import SELF, scores_json
from tests.city import NOW

ITEMS = tuple(sound_catalogue(TEXT, "guideline.toml").in_month(202510))
SOUND = json.loads(scores_json("r", "3703", SELF))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a": ' * 50_000,
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e400}',
        b'{"a": 9223372036854775808}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1, "a": 2}',
        b'{"a": "\\u0000"}',
        b'{"a": ["\\ud800"]}',
        b'{"a": [["\\u0000"]]}',
        b'{"\\u0000": 1}',
        b"\xff\xfe{\x00}\x00",
        b" " * (BODY_MOST + 1),
    ],
)
def test_it_reads_no_json_that_can_t_be_kept(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(body)


def test_it_reads_what_is_plain() -> None:
    assert read_json(b'{"a": [1, "x", null, {"b": true}]}') == {"a": [1, "x", None, {"b": True}]}
    assert (read_points("90.00"), read_points("-5")) == (Decimal(90), Decimal(-5))


@pytest.mark.parametrize("points", ["NaN", "sNaN", "Infinity", "1e9", "0.001", "", "9" * 30, 5, None, True])
def test_it_reads_no_points_that_are_none(points: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        read_points(points)
    assert read_points(str(POINTS_MOST)) == POINTS_MOST


def scores(**changes: Any) -> bytes:
    """A city's scores with something else in the first item."""
    rows = [SOUND["scores"][0] | changes, *SOUND["scores"][1:]]
    return json.dumps(SOUND | {"scores": rows}).encode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"points": "100.01"}, "“满意率”是 100.01 分，超过了满分 100"),
        ({"points": "NaN"}, "NaN"),
        ({"points": "-0.01"}, "和指南的分值对不上"),
        ({"most": "1000.00"}, "和指南的分值对不上"),
        ({"points": "900.00", "most": "1000.00"}, "超过了满分"),
        ({"numerator": "90"}, "90"),
        ({"numerator": 2**63}, "too large"),
        ({"typed": -1}, "typed"),
        ({"typed": 40_000}, "typed"),
        ({"value": "perfect"}, "perfect"),
        ({"key": "nothing"}, "nothing"),
        ({"project": "other"}, "satisfied"),
        ({"words": "a\x00b"}, "U\\+0000"),
    ],
)
def test_a_score_that_can_t_be_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(RoundUnreadable, match=said):
        read_scores(scores(**changes), ITEMS)


def test_an_item_that_was_left_out_is_named() -> None:
    with pytest.raises(RoundUnreadable, match="少了 1 项：满意率"):
        read_scores(json.dumps(SOUND | {"scores": SOUND["scores"][1:]}).encode(), ITEMS)
    with pytest.raises(RoundUnreadable, match="两次"):
        read_scores(json.dumps(SOUND | {"scores": SOUND["scores"] * 2}).encode(), ITEMS)


def test_whoever_hands_in_names_nobody() -> None:
    found: HandedIn = read_scores(scores(words="请联系 13812345678，身份证 370303198001011234"), ITEMS)
    assert found.scores[0].words == "请联系 138****5678，身份证 3703**********1234"


def test_words_are_cut_once_they_are_masked() -> None:
    written = "甲" * 990 + "370303198001011234"
    assert words_of(written, 1000).text == "甲" * 990 + "3703******"


@pytest.mark.parametrize(
    "changed",
    [
        {"submission": 2**63},
        {"scores": [{}]},
        {"scores": [json.loads(SLIP.to_json())["scores"][0] | {"points": "NaN"}]},
        {"scores": [json.loads(SLIP.to_json())["scores"][0] | {"most": "Infinity"}]},
        {"reason": "a\x00b"},
        {"until": "2025-13-01"},
        {"returned": "everything"},
    ],
)
def test_a_slip_that_can_t_be_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(RoundUnreadable):
        read_slip(json.dumps(json.loads(SLIP.to_json()) | changed).encode())


def test_an_objection_says_when_in_which_zone() -> None:
    one = ObjectionText(UUID(int=4), "satisfied", Stage.PROVINCE, "算少了", NOW)
    body = json.loads(ObjectionsText(UUID(int=1), "3703", (one,)).to_json())
    body["objections"][0]["at"] = "2025-11-03T08:00:00"
    with pytest.raises(RoundUnreadable, match="time zone"):
        read_objections(json.dumps(body).encode())


FORMULA = "COUNT(*) FILTER (WHERE r.satisfied >= 4)"


@pytest.mark.parametrize(
    "formula",
    [
        lambda text: text.replace("FROM fact_rating AS r", "FROM read_csv('/etc/passwd') AS r"),
        lambda text: text.replace("FROM fact_rating AS r", "FROM '/etc/passwd' AS r"),
        lambda text: text.replace("FROM fact_rating AS r", "FROM pragma_database_list AS r"),
        lambda text: text.replace(FORMULA, "COUNT(getenv('HOME'))"),
        lambda text: text.replace(FORMULA, "(SELECT COUNT(*) FROM read_text('/etc/passwd'))"),
        lambda text: text.replace("GROUP BY r.region_id, r.rated_month", "; COPY fact_rating TO '/tmp/x'"),
        lambda text: text.replace("GROUP BY r.region_id, r.rated_month", "; ATTACH '/tmp/x.db'"),
        lambda text: text.replace("GROUP BY r.region_id, r.rated_month", "; INSTALL httpfs"),
        lambda text: text.replace("GROUP BY r.region_id, r.rated_month", "; SET memory_limit = '900GB'"),
        lambda text: text.replace("FROM fact_rating AS r", "FROM fact_rating AS r, range(100000000) AS g"),
        lambda text: text.replace(FORMULA, "(" * 5000 + "1" + ")" * 5000),
    ],
)
def test_a_guideline_s_formula_reads_facts_and_nothing_else(formula: Callable[[str], str]) -> None:
    text = formula(TEXT)
    assert text != TEXT
    with pytest.raises(RoundUnreadable, match="指南读不懂"):
        guideline_of(round_text(guideline=Guideline("test", 1, text)))


def test_a_round_that_can_t_be_is_refused() -> None:
    text = round_text()
    whole = json.loads(text.to_json())
    several: tuple[dict[str, Any], ...] = ({"first": 10**400}, {"announced": [1]}, {"name": "a\x00b"}, {"calendar": []})
    for changed in several:
        with pytest.raises(RoundUnreadable):
            read_round(json.dumps(whole | changed).encode(), text.guideline.text.encode())
    with pytest.raises(RoundUnreadable, match="5 MB"):
        read_round(text.to_json(), b" " * (GUIDELINE_MOST + 1))
    assert read_round(replace(text, name="甲").to_json(), text.guideline.text.encode()).name == "甲"
