"""What the demo city's departments filed for the assessment, invented: a paper for some items of each project."""

from datetime import date, datetime

from shanzhi.core.papers import Document, Paragraph, to_docx
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.evidence import operations as evidence
from shanzhi.kernel.evidence.policy.objects import Given
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.indicators.policy.definitions import Indicator

KINDS = (
    ("minute", "专题会议纪要", "会议听取了“{item}”的进展，研究了超期和重办的事项，明确了责任单位和完成时限，下月再听取一次。"),
    ("decision", "工作方案", "“{item}”由牵头单位按月调度，数据直接取自平台记录，不另外发表填报；群众说没有解决的，逐件回访。"),
    ("paper", "工作小结", "本月“{item}”的数据由系统计算。主要做法：当天受理，现场核实，办结后由没有经手的人核查。"),
)  # fmt: skip
"""Type of evidence, what the paper is called, what it says of an item."""
DAYS = (8, 16, 24)
MARK = "演示"


def file_papers(items: list[Indicator], month: date, region_id: int, actor: Actor, now: datetime) -> int:
    """The acting department files one paper an item, of a day of the month; returns how many.

    Raises:
        DomainError: one can't be filed.
    """
    for at, item in enumerate(items):
        kind, called, says = KINDS[at % len(KINDS)]
        day = month.replace(day=DAYS[at % len(DAYS)])
        title = f"{item.name}{called}（{day.year}年{day.month}月，{MARK}）"
        document = Document(
            title=title, issuer=actor.unit_name, dated=day, made_at=now, blocks=(Paragraph(says.format(item=item.name)),),
            mark=MARK,
        )  # fmt: skip
        stored = files.store(data=to_docx(document), name=f"{called}.docx", now=now, office=True)
        given = Given(title, kind, item.project, region_id, item.key, day)
        evidence.evidence_put(given=given, stored=stored, actor=actor, now=now)
    return len(items)
