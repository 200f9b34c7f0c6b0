"""Somebody writes a formula: what may be said is read, everything else is refused with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.kernel.facts.policy.columns import Column, Of, Table
from shanzhi.kernel.indicators.policy import tables as offered
from shanzhi.kernel.indicators.policy.dialects import EngineName, monthly, render
from shanzhi.kernel.indicators.policy.subset import Formula, read_formula
from shanzhi.kernel.indicators.policy.tables import register_table, tables
from shanzhi.kernel.indicators.tests.facts import FORMULAS, sound

WHOLE = (
    "SELECT m.region_id AS community, m.reported_month AS month,\n"
    "       COUNT(*) AS numerator, COUNT(*) AS denominator\n"
    "FROM fact_matter AS m\n"
    "WHERE m.is_open = 0\n"
    "GROUP BY m.region_id, m.reported_month"
)


def faults(text: str) -> list[str]:
    found = read_formula(text, tables())
    return [] if isinstance(found, Formula) else [str(fault) for fault in found]


def where(condition: str) -> str:
    return WHOLE.replace("m.is_open = 0", condition)


CONDITIONS = {
    "m.solvd = 1": "第 4 行第 7 列：没有“solvd”这一列。 是不是“solved”？",
    "x.solved = 1": "第 4 行第 7 列：没有叫“x”的表。",
    "m.reported_at > DATE '2026-01-01'": "不能用“reported_at”这一列。 时刻在各引擎里算法不一",
    "m.solved / 2 = 1": "“m.solved / 2”不能用。 除法各引擎结果不一",
    "m.solved // 2 = 1": "除法各引擎结果不一",
    "m.solved % 2 = 1": "取余各引擎结果不一。",
    "m.category LIKE 'a%'": "文字只能比是否相同。",
    "m.category > 'a'": "文字只能比是否相同，各引擎的排序不一样。",
    "m.category BETWEEN 'a' AND 'b'": "文字只能比是否相同",
    "m.solved = 'x'": "不能放在一起比。",
    "m.reported_on = 20260101": "不能放在一起比。",
    "m.solved = NULL": "永远不成立。 写成 IS NULL 或 IS NOT NULL。",
    "m.solved": "“m.solved”是整数，这里要的是是非条件。",
    "m.is_open = TRUE": "写成条件，或用 1 和 0。",
    "m.solved = 1.5": "“1.5”不是整数。",
    "m.solved = 12345678901234567890": "只能写 18 位以内的整数。",
    "m.kind = 'a\\b'": "文字里不能有反斜杠和控制字符",
    "m.reported_on >= DATE '2026-02-30'": "“2026-02-30”不是日期。",
    "CAST(m.solved AS TEXT) = '1'": "不能转换类型。",
    "date_diff('day', m.reported_on, m.ended_on) < 3": "公式里不能用函数 DATEDIFF。",
    "m.reported_on < current_date": "公式不能看今天是哪一天",
    "m.reported_on < now()": "公式里不能用函数",
    "random() < 1": "公式里不能用函数 RAND。",
    "read_text('/etc/passwd') = ''": "公式里不能用函数",
    "m.solved = ?": "公式里不能留空位。",
    "m.solved = $1": "公式里不能留空位。",
    "m.matter_id IN (SELECT matter_id FROM fact_step)": "子查询请改写成 EXISTS。",
    "m.solved = (SELECT 1)": "子查询只能写成 [NOT] EXISTS",
    "COUNT(*) > 1": "这里只能逐条判断，不能用汇总函数。",
    "EXISTS (SELECT 1 FROM pg_class WHERE relname = 'a')": "没有“pg_class”这张事实表。",
    "EXISTS (SELECT 1 FROM information_schema.tables WHERE 1 = 1)": "不能带库名，也不能读系统表。",
    "EXISTS (SELECT 1 FROM fact_step AS s WHERE s.step = 1)": "里外两张表要用相等的列连起来。",
    "EXISTS (SELECT s.step FROM fact_step AS s WHERE s.matter_id = m.matter_id)": "写成 EXISTS (SELECT 1 FROM … WHERE …)。",
    "m.kind COLLATE nocase = 'a'": "公式里不能用函数 COLLATE。",
    "m.kind IN ('a', m.channel)": "IN 里只能写明值。",
    "COALESCE(NULL, NULL) = 1": "里只有空值，没有意义。",
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_it_refuses_the_condition(condition: str) -> None:
    found = faults(where(condition))
    assert any(CONDITIONS[condition] in each for each in found), found


STATEMENTS = {
    "": "公式是空的。",
    "SELECT 1; DROP TABLE fact_matter": "公式只能是一条 SELECT，这里有 2 条语句。",
    "DROP TABLE fact_matter": "公式只能读，不能写：这里是 DROP。",
    "INSERT INTO fact_matter VALUES (1)": "公式只能读，不能写：这里是 INSERT。",
    "UPDATE fact_matter SET solved = 1": "公式只能读，不能写：这里是 UPDATE。",
    "COPY fact_matter TO '/tmp/x'": "公式只能读，不能写：这里是 COPY。",
    "ATTACH '/tmp/x'": "公式只能读，不能写：这里是 ATTACH。",
    "PRAGMA database_list": "公式只能读，不能写",
    "SET memory_limit = '9GB'": "公式只能读，不能写：这里是 SET。",
    "INSTALL httpfs": "公式只能读，不能写",
    "WITH gone AS (DELETE FROM fact_matter RETURNING *) SELECT * FROM gone": "公式里不能用 WITH。",
    "SELECT * FROM fact_matter": "公式要给出 community、month、numerator、denominator 四列",
    "SELECT 1 FROM 'facts.parquet'": "没有“facts.parquet”这张事实表。",
    "SELECT 1 FROM read_csv('/etc/passwd')": "FROM 和 JOIN 后面只能是事实表。",
    "SELEC 1 FRO x": "公式读不懂",
    "SELECT 'open": "引号或注释没有成对。",
    "SELECT " + "(" * 3000 + "1" + ")" * 3000: "条件或括号套得太深。",
    WHOLE + " HAVING COUNT(*) > 3": "公式里不能用 HAVING。",
    WHOLE + " ORDER BY 1": "公式里不能用 ORDER BY。",
    WHOLE + " LIMIT 3": "公式里不能用 LIMIT。",
    WHOLE + " UNION ALL " + WHOLE: "公式只能读",
    WHOLE.replace("SELECT", "SELECT DISTINCT"): "公式里不能用 SELECT DISTINCT。",
    WHOLE.replace("COUNT(*) AS numerator", "COUNT(*) OVER () AS numerator"): "公式里不能用窗口函数。",
    WHOLE.replace("COUNT(*) AS numerator", "AVG(m.solved) AS numerator"): "公式里不能用函数 AVG。",
    WHOLE.replace("COUNT(*) AS numerator", "SUM(m.solved) / COUNT(*) AS numerator"): "分子、分母分两列写",
    WHOLE.replace("COUNT(*) AS numerator", "m.solved AS numerator"): "分子和分母要用 COUNT、SUM 等汇总。",
    WHOLE.replace("COUNT(*) AS numerator", "COUNT(*) + m.solved AS numerator"): "里有列没有放进汇总函数。",
    WHOLE.replace("COUNT(*) AS numerator", "COUNT(COUNT(*)) AS numerator"): "不能用汇总函数。",
    WHOLE.replace("COUNT(*) AS numerator", "MAX(m.kind) AS numerator"): "“m.kind”是文字，这里要的是整数。",
    WHOLE.replace("COUNT(*) AS numerator", "SUM(DISTINCT m.solved) AS numerator"): "不能 DISTINCT。",
    WHOLE.replace("COUNT(*) AS numerator", "quantile_disc(m.end_seconds, 0.3) AS numerator"): "分位只能写 0.25、0.5、0.75、0.9、0.95",
    WHOLE.replace("COUNT(*) AS numerator", "quantile_cont(m.end_seconds, 0.5) AS numerator"): "公式里不能用函数",
    WHOLE.replace("COUNT(*) AS numerator", "approx_count_distinct(m.kind) AS numerator"): "公式里不能用函数",
    WHOLE.replace("m.region_id AS community", "m.intake_unit_id AS community"): "community 要直接用 region_id 列",
    WHOLE.replace("m.reported_month AS month", "m.urges AS month"): "month 要直接用一个月份列",
    WHOLE.replace("GROUP BY m.region_id, m.reported_month", "GROUP BY m.region_id"): "GROUP BY 只能是 community 和 month 这两列",
    WHOLE.replace("\nGROUP BY m.region_id, m.reported_month", ""): "公式没有 GROUP BY",
    WHOLE.replace("fact_matter AS m", "fact_matter AS m, fact_unit AS u"): "只能写 JOIN … ON",
    WHOLE.replace("fact_matter AS m", "fact_matter AS m JOIN fact_unit AS u ON u.unit_id > 3"): "JOIN 要用相等的列把两张表连起来。",
    WHOLE.replace("fact_matter AS m", "fact_matter AS m RIGHT JOIN fact_unit AS u ON u.unit_id = m.lead_unit_id"): "只能写 JOIN … ON",
    WHOLE.replace("fact_matter AS m", "fact_matter AS m NATURAL JOIN fact_unit AS u"): "只能写 JOIN … ON",
    WHOLE.replace("fact_matter AS m", "fact_matter AS m JOIN fact_unit AS m ON m.unit_id = m.lead_unit_id"): "这个表名用了两次。",
    WHOLE.replace("fact_matter AS m", "fact_matter AS m JOIN fact_unit AS shanzhi_scope ON shanzhi_scope.unit_id = m.lead_unit_id"): "不能以 shanzhi_ 开头。",
    WHOLE.replace("fact_matter AS m", "fact_matter AS m TABLESAMPLE 10 PERCENT"): "",
}  # fmt: skip


@pytest.mark.parametrize("statement", STATEMENTS, ids=range(len(STATEMENTS)))
def test_it_refuses_the_statement(statement: str) -> None:
    found = faults(statement)
    assert any(STATEMENTS[statement] in each for each in found), found


def test_it_tells_every_fault_in_the_order_of_the_text() -> None:
    text = WHOLE.replace("COUNT(*) AS numerator", "AVG(m.solvd) AS numerator").replace(
        "m.is_open = 0", "m.kind > 'a' AND m.nope = 1"
    )
    assert [each.split("：")[0] for each in faults(text)] == ["第 2 行第 8 列", "第 4 行第 7 列", "第 4 行第 24 列"]


def test_a_bare_column_that_two_tables_have_is_refused() -> None:
    text = WHOLE.replace(
        "fact_matter AS m", "fact_matter AS m JOIN fact_rating AS r ON r.matter_id = m.matter_id"
    ).replace("m.is_open = 0", "kind = ''")
    assert any("“kind”在 m、r 里都有。 在列名前写上表名。" in each for each in faults(text))


@pytest.mark.parametrize("name", FORMULAS)
def test_what_it_reads_means_the_same_when_read_again(name: str) -> None:
    formula = sound(FORMULAS[name])
    written = render(monthly(formula, 202601, 202612), EngineName.DUCKDB)
    assert written == render(monthly(sound(FORMULAS[name]), 202601, 202612), EngineName.DUCKDB)
    assert '"month"' in written


@given(st.text(max_size=60))
def test_nothing_that_is_typed_breaks_the_reader(text: str) -> None:
    assert read_formula(text, tables()) is not None


@given(st.text(alphabet="SELECTFROMWHEREGROUPBY ()*,.;'\"=<>0123456789abcm_-", max_size=80))
def test_nothing_like_a_formula_breaks_the_reader(text: str) -> None:
    assert isinstance(read_formula("SELECT m.region_id AS community " + text, tables()), list)


def test_a_table_that_a_slice_registers_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        WHOLE.replace("fact_matter", "fact_visit")
        .replace("m.is_open = 0", "m.found = 1")
        .replace("reported_month", "month")
    )
    assert any("没有“fact_visit”这张事实表。" in each for each in faults(text))
    monkeypatch.setattr(offered, "_tables", dict(tables()))
    columns = tuple(Column(name, Of.INTEGER, "") for name in ("region_id", "month", "found"))
    register_table(Table("fact_visit", "", ("region_id",), columns))
    assert faults(text) == []


@pytest.mark.parametrize("terms", [100, 3000])
def test_a_formula_without_end_is_refused(terms: int) -> None:
    for text in (where(" AND ".join(["m.is_open = 0"] * terms)), where("(" * terms + "m.is_open = 0" + ")" * terms)):
        assert any("条件或括号套得太深。" in each for each in faults(text)), faults(text)


def test_twenty_conditions_are_no_trouble() -> None:
    formula = sound(where(" OR ".join(f"m.urges = {number}" for number in range(20))))
    assert "19" in render(monthly(formula, 202601, 202612), EngineName.SPARK)


@pytest.mark.parametrize("alias", ['"a\x00b"', '"%s"', '"m""; DROP TABLE fact_matter; --"', f'"{"m" * 41}"', '"表"'])
def test_a_table_is_called_by_a_plain_name(alias: str) -> None:
    """PostgreSQL cuts names at 63 bytes and ends at a zero byte: figures would stop with the night's computing."""
    text = WHOLE.replace("m.", f"{alias}.").replace("AS m\n", f"AS {alias}\n")
    assert any("表的别名用字母、数字和下划线" in each for each in faults(text))


@pytest.mark.parametrize("name", ["median", "ninth tenth with filter"])
@pytest.mark.parametrize("engine", EngineName)
def test_no_engine_is_asked_for_a_quantile_that_is_nearly_right(engine: EngineName, name: str) -> None:
    """Translators like to write PERCENTILE_APPROX, which is off by some ranks over more than 10,000 rows."""
    formula = sound(FORMULAS[name])
    written = render(monthly(formula, 202601, 202612), engine)
    assert "APPROX" not in written.upper()
    assert "_DISC(" in written.upper()
