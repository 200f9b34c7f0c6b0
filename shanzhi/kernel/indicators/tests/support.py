"""A catalogue of few indicators, one of each way in which a figure comes about; and how matters come to be behind them."""

import pytest

from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.indicators.models import Behind, Computing
from shanzhi.kernel.indicators.policy.definitions import Catalogue
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.queries import book
from tests.city import NOW

PAPER = StoredFile(sha256="ab" * 32, media_type="application/pdf", size=9, name="备案清单.pdf")
GROUND = 'ground = [{ law = "市域治理验收指标（测试）", quote = "…" }]'


def indicator(key: str, rest: str, **more: str) -> str:
    """An indicator's entry; `more` replaces what is usual."""
    usual = {
        "version": "1", "holds_from": '"2024-01"', "name": f'"{key}"', "project": '"loop"', "definition": '"…"',
        "unit": '"%"', "direction": '"higher"', "level": '"community"', "period": '"month"', "source": '"computed"',
        "figure": '"ratio"', "scale": "100", "decimals": "2", "weight": "0", "scoring": '{ kind = "none" }',
    }  # fmt: skip
    lines = [f"{name} = {value}" for name, value in (usual | more).items() if value]
    return "\n".join(["[[indicator]]", f'key = "{key}"', *lines, GROUND, rest, ""])


def typed(key: str, by: str, level: str, block: str = "", **more: str) -> str:
    """An indicator that a role reports."""
    said = f'reported = {{ by = "{by}", evidence = "清单", level = "{level}", due_days = 10{block} }}'
    return indicator(key, said, source='"reported"', level=f'"{level}"', **more)


RATED = """formula = '''
SELECT r.region_id AS community, r.rated_month AS month,
       COUNT(*) FILTER (WHERE r.satisfied >= 4) AS numerator, COUNT(*) AS denominator
FROM fact_rating AS r
WHERE r.is_lapsed = 0
  AND NOT EXISTS (SELECT 1 FROM fact_exclusion AS x
                  WHERE x.matter_id = r.matter_id AND x.month = r.rated_month AND x.indicator = 'satisfied')
GROUP BY r.region_id, r.rated_month
'''"""
REPORTED = """formula = '''
SELECT m.region_id AS community, m.reported_month AS month,
       COUNT(*) FILTER (WHERE m.accepted_at IS NOT NULL) AS numerator, COUNT(*) AS denominator
FROM fact_matter AS m
GROUP BY m.region_id, m.reported_month
'''""".replace("m.accepted_at IS NOT NULL", "m.accept_seconds IS NOT NULL")
MEDIAN = """formula = '''
SELECT m.region_id AS community, m.reported_month AS month,
       QUANTILE_DISC(m.accept_seconds, 0.5) AS numerator, COUNT(m.accept_seconds) AS denominator
FROM fact_matter AS m
GROUP BY m.region_id, m.reported_month
'''"""
LINEAR = '{ kind = "linear", floor = 0, full = 100 }'

TEXT = f"""
[catalogue]
code = "test"
name = "测试指标"
version = 1
sample = true
holds_from = "2024-01"
text = "…"

[[project]]
code = "loop"
name = "闭环"
kind = "risk"
weight = 100
text = "…"

{indicator("satisfied", RATED, exclusions="true", counts_by='"event"', name='"满意率"', weight="60", scoring=LINEAR)}
{indicator("accepted", REPORTED, counts_by='"cohort"', name='"受理率"', weight="40", scoring=LINEAR)}
{
    indicator(
        "accept_median",
        MEDIAN,
        counts_by='"cohort"',
        name='"受理用时"',
        figure='"amount"',
        grouping='"anew"',
        unit='"秒"',
    )
}
{
    typed(
        "covenants", "keeper", "county", ", below = 0, above = 100, jump = 50", name='"村规民约备案率"', period='"year"'
    )
}
{typed("teams", "keeper", "township", name='"志愿服务队"', figure='"count"', unit='"支"', scale="1", decimals="0")}
{
    typed(
        "vetoes",
        "assessor",
        "county",
        name='"否决事项"',
        figure='"count"',
        unit='"件"',
        scale="1",
        scoring='{ kind = "veto" }',
    )
}

[[index]]
code = "safety"
name = "平安指数"
version = 1
holds_from = "2024-01"
period = "month"
text = "…"
minimum_share = 40
grades = [
  {{ code = "good", name = "良好", color = "green", at_least = 85 }},
  {{ code = "watch", name = "关注", color = "yellow", at_least = 70 }},
  {{ code = "bad", name = "警示", color = "red", at_least = 0 }},
]

[[index.class]]
code = "disputes"
name = "矛盾纠纷"
weight = 100

[[index.class.part]]
indicator = "satisfied"
weight = 60
normalise = "range"
zero = 0
full = 100

[[index.class.part]]
indicator = "accepted"
weight = 40
normalise = "scoring"
"""


def in_force(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """Let the catalogue above be in force."""
    found = sound_catalogue(TEXT, "test.toml")
    monkeypatch.setattr(book, "catalogue_in_force", lambda: found)
    return found


def let_count(matter_id: int, month: int, key: str = "satisfied", under: str = "3703") -> None:
    """Let a matter stand behind a month's figure, as computing would keep it. As the worker, or with all rights."""
    Computing.objects.get_or_create(
        key=key, month=month, months=1, defaults={"version": 1, "computed_at": NOW, "checked_at": NOW, "cursor": 0}
    )
    Behind.objects.create(
        region_id=matter_id, month=month, key=key, under=under, matters=[matter_id], numerators=[1], denominators=[1]
    )


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """The catalogue above in force."""
    return in_force(monkeypatch)
