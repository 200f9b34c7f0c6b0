"""The indicator workbook's sheets and columns: which cell holds which key of the TOML file (docs/indicators.md)."""

from dataclasses import dataclass

from shanzhi.kernel.indicators.policy.cells import (
    FORMULA,
    MONTH,
    NUMBER,
    SCALE,
    STEPS,
    TEXT,
    TEXTS,
    WHOLE,
    YES_NO,
    Kind,
    choice,
)

PROJECT_KIND = choice({"system": "体系", "risk": "风险", "way": "五治", "own": "自设"})
DIRECTION = choice({"higher": "越高越好", "lower": "越低越好", "none": "只看不比"})
LEVEL = choice({
    "grid": "网格", "community": "村（社区）", "township": "乡镇（街道）", "county": "县（市、区）", "city": "市",
})  # fmt: skip
PERIOD = choice({"month": "月", "quarter": "季", "year": "年"})
SOURCE = choice({"computed": "计算", "reported": "填报", "surveyed": "抽样", "declared": "声明"})
FIGURE = choice({"ratio": "比率", "count": "件数", "amount": "数值", "yes_no": "是否"})
GROUPING = choice({"additive": "可相加", "anew": "重新计算"})
COUNTS_BY = choice({"event": "按发生月", "cohort": "按报告月"})
SCORING = choice({
    "linear": "线性", "threshold": "达标", "steps": "分档", "veto": "一票否决", "deduction": "扣分", "bonus": "加分",
    "none": "不计分",
})  # fmt: skip
COLOR = choice({"green": "绿", "blue": "蓝", "yellow": "黄", "orange": "橙", "red": "红"})
NORMALISE = choice({"range": "按区间", "scoring": "按计分", "target": "按目标"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, the key that it holds, its kind, whether it must be filled; `width` in characters."""

    head: str
    key: str
    kind: Kind
    required: bool = False
    width: int = 12


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its name, what it is, its columns. Rows of a sheet `of` another are parts of that sheet's rows, found by
    `links`: pairs of this sheet's key and the other one's; links stand in no table of their own."""

    name: str
    says: str
    columns: tuple[Column, ...]
    links: tuple[str, ...] = ()


def _must(head: str, key: str, kind: Kind, width: int = 12) -> Column:
    return Column(head, key, kind, required=True, width=width)


def _may(head: str, key: str, kind: Kind, width: int = 12) -> Column:
    return Column(head, key, kind, width=width)


CATALOGUE = Sheet(
    "目录", "一行：这份目录叫什么，从哪个月起用。“示例”填“否”，页面上就不再标注示例。",
    (_must("编码", "code", TEXT), _must("名称", "name", TEXT, 36), _must("版本", "version", WHOLE),
     _must("示例", "sample", YES_NO), _must("生效月份", "holds_from", MONTH), _may("说明", "text", TEXT, 60)),
)  # fmt: skip
PROJECTS = Sheet(
    "项目", "每行一个项目；权重合计 100。",
    (_must("编码", "code", TEXT, 18), _must("名称", "name", TEXT, 24), _must("类型", "kind", PROJECT_KIND),
     _must("权重", "weight", NUMBER), _may("说明", "text", TEXT, 60)),
)  # fmt: skip
INDICATORS = Sheet(
    "指标", "每行一项指标的一版；一个项目里的权重合计 100。改口径请加一行新版本，不改旧行。",
    (_must("编码", "key", TEXT, 26), _must("版本", "version", WHOLE, 6), _must("生效月份", "holds_from", MONTH),
     _may("失效月份", "holds_until", MONTH), _must("项目", "project", TEXT, 18), _must("名称", "name", TEXT, 28),
     _must("定义", "definition", TEXT, 60), _must("单位", "unit", TEXT, 6), _must("方向", "direction", DIRECTION),
     _must("层级", "level", LEVEL), _must("周期", "period", PERIOD, 6), _must("来源", "source", SOURCE, 6),
     _must("数的类型", "figure", FIGURE, 10), _must("倍数", "scale", SCALE), _must("小数位", "decimals", WHOLE, 8),
     _may("汇总方式", "grouping", GROUPING, 10), _may("归月", "counts_by", COUNTS_BY), _may("最小样本", "minimum", WHOLE, 10),
     _may("目标", "target", NUMBER, 8), _may("可申诉剔除", "exclusions", YES_NO), _must("权重", "weight", NUMBER, 8),
     _must("计分", "scoring.kind", SCORING), _may("满分", "scoring.most", NUMBER, 8),
     _may("最低分", "scoring.least", NUMBER, 8), _may("零分值", "scoring.floor", NUMBER, 8),
     _may("满分值", "scoring.full", NUMBER, 8), _may("达标值", "scoring.at", NUMBER, 8),
     _may("分档", "scoring.steps", STEPS), _may("免计数", "scoring.free", NUMBER, 8),
     _may("每个分值", "scoring.each", NUMBER, 10), _may("公式", "formula", FORMULA, 80)),
)  # fmt: skip
_OF_INDICATOR = (_must("指标", "key", TEXT, 26), _must("版本", "version", WHOLE, 6))
REPORTED = Sheet(
    "填报", "来源为“填报”的指标，各一行：谁填、附什么证据、什么范围内才合理。",
    (*_OF_INDICATOR, _must("填报岗位", "by", TEXT), _must("证据", "evidence", TEXT, 40),
     _must("填报层级", "level", LEVEL), _may("下限", "below", NUMBER), _may("上限", "above", NUMBER),
     _may("变动提醒（%）", "jump", NUMBER), _may("期后几天内", "due_days", WHOLE)),
    ("key", "version"),
)  # fmt: skip
SURVEYED = Sheet(
    "抽样", "来源为“抽样”的指标，各一行；选项一行写一个。",
    (*_OF_INDICATOR, _must("问题", "question", TEXT, 40), _must("选项", "answers", TEXTS, 20),
     _must("计入的选项", "counted", TEXTS, 20), _must("最少样本", "sample", WHOLE), _must("最大误差", "margin", NUMBER),
     _must("组织岗位", "by", TEXT), _must("抽样层级", "level", LEVEL)),
    ("key", "version"),
)  # fmt: skip
DECLARED = Sheet(
    "声明", "来源为“声明”的指标，各一行：谁声明、凭什么材料、几个月后重新声明。",
    (*_OF_INDICATOR, _must("声明岗位", "by", TEXT), _must("证明材料", "paper", TEXT, 40),
     _must("声明层级", "level", LEVEL), _may("有效月数", "months", WHOLE)),
    ("key", "version"),
)  # fmt: skip
GROUNDS = Sheet(
    "依据", "每行一条依据，一项指标可以有几条。读过原文的写明第几条、抄下原文；没有读到的只写文件名和文号。",
    (*_OF_INDICATOR, _must("依据", "law", TEXT, 50), _may("条", "article", TEXT, 14), _may("原文", "quote", TEXT, 80)),
    ("key", "version"),
)  # fmt: skip
INDICES = Sheet(
    "指数", "每行一个指数的一版。",
    (_must("编码", "code", TEXT), _must("名称", "name", TEXT, 24), _must("版本", "version", WHOLE, 6),
     _must("生效月份", "holds_from", MONTH), _must("周期", "period", PERIOD, 6), _may("说明", "text", TEXT, 60),
     _must("至少多少权重有值（%）", "minimum_share", NUMBER, 20)),
)  # fmt: skip
_OF_INDEX = (_must("指数", "index", TEXT), _must("版本", "index_version", WHOLE, 6))
GRADES = Sheet(
    "等次", "每行一种颜色，好的在前，最后一种从 0 起。",
    (*_OF_INDEX, _must("编码", "code", TEXT), _must("名称", "name", TEXT), _must("颜色", "color", COLOR),
     _must("起点", "at_least", NUMBER)),
    ("index", "index_version"),
)  # fmt: skip
CLASSES = Sheet(
    "分类", "每行指数的一类；一个指数里各类权重合计 100。",
    (*_OF_INDEX, _must("编码", "code", TEXT, 18), _must("名称", "name", TEXT, 24), _must("权重", "weight", NUMBER)),
    ("index", "index_version"),
)  # fmt: skip
PARTS = Sheet(
    "构成", "每行一类里的一项指标；一类里的权重合计 100。折算“按区间”的要写零分值和满分值。",
    (*_OF_INDEX, _must("分类", "class", TEXT, 18), _must("指标", "indicator", TEXT, 26), _must("权重", "weight", NUMBER),
     _must("折算", "normalise", NORMALISE), _may("零分值", "zero", NUMBER), _may("满分值", "full", NUMBER)),
    ("index", "index_version", "class"),
)  # fmt: skip

SHEETS = (
    CATALOGUE, PROJECTS, INDICATORS, REPORTED, SURVEYED, DECLARED, GROUNDS, INDICES, GRADES, CLASSES, PARTS,
)  # fmt: skip
"""All sheets in the workbook's order."""
ABOUT = "说明"
"""The first sheet, which tells what the others are; it isn't read."""
