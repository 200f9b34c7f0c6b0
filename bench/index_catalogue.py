"""A catalogue of the real size for `bench.index_page`: an index of nine classes with 133 parts, each class a project.

The formulas are those of `bench.formulas`; how long matters took are medians, which can't be added up. Scorings, targets and
ways to make a value 0 to 100 take turns, so that each is met. All of it is made up.
"""

from bench.formulas import formulas

CLASSES = 9
HOLDS_FROM = "2020-01"
_TABLES = {"fact_matter": "cohort", "fact_rating": "event", "fact_clock": "event"}
_NORMALISE = ('"range"\nzero = 40\nfull = 95', '"scoring"', '"target"')
_SCORINGS = (
    '{ kind = "linear", floor = 40, full = 95 }',
    '{ kind = "threshold", at = 80 }',
    '{ kind = "steps", steps = [[40, 20], [60, 60], [80, 100]] }',
)
_HEAD = """
[catalogue]
code = "bench"
name = "基准测试用指标（示例）"
version = 1
sample = true
holds_from = "{since}"
text = "只用来测速度。"
"""
_PROJECT = """
[[project]]
code = "p{nth}"
name = "第 {nth} 类"
kind = "own"
weight = {weight}
text = "第 {nth} 类指标。"
"""
_INDICATOR = """
[[indicator]]
key = "{key}"
name = "指标 {nth}：{key}"
version = 1
holds_from = "{since}"
project = "p{project}"
definition = "基准测试用的第 {nth} 项指标。"
unit = "{unit}"
direction = "{direction}"
level = "community"
period = "month"
source = "computed"
figure = "{figure}"
scale = {scale}
decimals = 1
grouping = "{grouping}"
counts_by = "{counts_by}"
minimum = 3
target = {target}
weight = {weight}
scoring = {scoring}
ground = [{{ law = "市域治理验收指标（示例）", quote = "基准测试" }}]
formula = \"\"\"
{formula}
\"\"\"
"""
_INDEX = """
[[index]]
code = "safety"
name = "平安指数（示例）"
version = 1
holds_from = "{since}"
period = "month"
text = "只用来测速度。"
minimum_share = 50
grades = [
  {{ code = "good", name = "良好", color = "green", at_least = 85 }},
  {{ code = "watch", name = "关注", color = "yellow", at_least = 70 }},
  {{ code = "bad", name = "警示", color = "red", at_least = 0 }},
]
"""
_CLASS = """
[[index.class]]
code = "c{nth}"
name = "第 {nth} 类"
weight = {weight}
"""
_PART = """
[[index.class.part]]
indicator = "{key}"
weight = {weight}
normalise = {normalise}
"""


def shares(count: int) -> list[int]:
    """Whole weights of so many parts that add up to 100."""
    return [100 // count + (1 if nth < 100 % count else 0) for nth in range(count)]


def classes() -> list[list[str]]:
    """The keys of each class."""
    keys = list(formulas())
    return [keys[nth::CLASSES] for nth in range(CLASSES)]


def median(key: str) -> bool:
    """Is the indicator computed anew for each region and month?"""
    return key.startswith("took")


def text() -> str:
    """The catalogue as TOML."""
    made, index, written = [_HEAD.format(since=HOLDS_FROM)], [_INDEX.format(since=HOLDS_FROM)], formulas()
    nth = 0
    for at, (keys, weight) in enumerate(zip(classes(), shares(CLASSES), strict=True), 1):
        made.append(_PROJECT.format(nth=at, weight=weight))
        index.append(_CLASS.format(nth=at, weight=weight))
        for key, part in zip(keys, shares(len(keys)), strict=True):
            nth += 1
            made.append(_indicator(key, nth, at, part, written[key]))
            normalise = '"range"\nzero = 30\nfull = 3' if median(key) else _NORMALISE[nth % len(_NORMALISE)]
            index.append(_PART.format(key=key, weight=part, normalise=normalise))
    return "".join([*made, *index])


def _indicator(key: str, nth: int, project: int, weight: int, formula: str) -> str:
    source = next((name for name in _TABLES if f"FROM {name}" in formula), "")
    given = {
        "unit": "%", "direction": "higher", "figure": "ratio", "scale": "100", "grouping": "additive",
        "target": "80", "scoring": _SCORINGS[nth % len(_SCORINGS)],
    }  # fmt: skip
    if median(key):
        formula = formula.replace("COALESCE(SUM(f.end_seconds), 0)", "QUANTILE_DISC(f.end_seconds, 0.5)")
        given |= {
            "unit": "天", "direction": "lower", "figure": "amount", "scale": '"1/86400"', "grouping": "anew",
            "target": "10", "scoring": '{ kind = "steps", steps = [[30, 0], [15, 60], [7, 100]] }',
        }  # fmt: skip
    return _INDICATOR.format(
        key=key, nth=nth, since=HOLDS_FROM, project=project, counts_by=_TABLES.get(source, "event"), weight=weight,
        formula=formula, **given,
    )  # fmt: skip
