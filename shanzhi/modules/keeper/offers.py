"""What the keeper's pages offer to others: the cards of the start page, and the two kinds of sign-off."""

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import SignoffField, SignoffKind, offer_signoff
from shanzhi.kernel.access.policy.cards import Card, offer_card
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.operations import SEES_NAMES
from shanzhi.modules.keeper import operations
from shanzhi.modules.keeper.policy import FEATURE
from shanzhi.modules.keeper.queries import vacant_posts


def offer_cards() -> None:
    """Offer the cards of the pages that aren't about units and posts."""
    for name, title, line, order in (
        ("regions", msg("区划"), msg("更名、划转、合并、拆分、新设和撤销，先试算再生效；每天的区划都查得到。"), 10),
        ("places", msg("场所"), msg("小区、学校、公园、工地：登记、变更、关闭，打印场所二维码。"), 30),
        ("processes", msg("流程"), msg("各类事项的办理流程：上传、比对、试运行、定日期生效。"), 40),
        ("categories", msg("分类"), msg("事项分类：新增、改名、合并、停用，表格导入导出。"), 45),
        ("calendar", msg("工作日历"), msg("节假日、调休和作息时间；先看对在办时限的影响。"), 50),
    ):
        offer_card(Card(f"keeper:{name}", title, line, order, FEATURE))


def offer_offices() -> None:
    """Offer those of units, posts and the admission list, and what takes two people."""
    offer_card(
        Card(
            "keeper:units",
            msg("单位和岗位"),
            msg("设立、改名、撤销单位，设置岗位，安排任职和离任。"),
            20,
            FEATURE,
            vacant_posts,
            msg("个岗位空缺"),
        )
    )
    offer_card(Card("keeper:admission", msg("准入清单"), msg("哪些事项可以要求村（社区）和网格办理。"), 60, FEATURE))
    offer_signoff(
        SignoffKind(
            "post.appoint",
            msg("安排任职"),
            FEATURE,
            (
                SignoffField("post", msg("岗位"), "code", say=_say_post),
                SignoffField("staff", msg("任职人"), "code", say=_say_staff),
                SignoffField("since", msg("任职日期"), "date"),
                SignoffField("until", msg("离任日期"), "date", required=False),
                SignoffField("reason", msg("依据")),
            ),
            operations.appoint_run,
            page="keeper:units",
            explain=msg("任职后，这位工作人员就看得到岗位范围内的事项。"),
        )
    )
    offer_signoff(
        SignoffKind(
            "post.change",
            msg("变更岗位的角色和范围"),
            FEATURE,
            (
                SignoffField("post", msg("岗位"), "code", say=_say_post),
                SignoffField("role", msg("角色"), "code", say=_say_role),
                SignoffField(
                    "sees",
                    msg("可见范围"),
                    "choice",
                    choices=tuple((str(sees), name) for sees, name in SEES_NAMES.items()),
                ),
                SignoffField("codes", msg("区域代码"), "code", required=False),
                SignoffField("revision", msg("岗位版本"), "code"),
                SignoffField("reason", msg("依据")),
            ),
            operations.change_run,
            page="keeper:units",
            explain=msg("变更后，现任职人当即按新的角色和范围办事。"),
        )
    )


def _say_post(value: str) -> str:
    found = organisation.post_names([int(value)]).get(int(value))
    return f"{found.unit_name} {found.title}（{organisation.scope_code_of_post(int(value))}）" if found else value


def _say_staff(value: str) -> str:
    return organisation.staff_names([int(value)]).get(int(value), value)


def _say_role(value: str) -> str:
    role = organisation.unit_catalogue().roles.get(value)
    return role.name if role else value
