"""What units and posts offer to others: the cards of the start page, and the two kinds of sign-off."""

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import SignoffField, SignoffKind, offer_signoff
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.operations import SEES_NAMES
from shanzhi.modules.keeper import operations
from shanzhi.modules.keeper.policy import FEATURE, Card, offer_card
from shanzhi.modules.keeper.queries import vacant_posts


def offer_offices() -> None:
    """Offer them."""
    offer_card(
        Card(
            "keeper:units",
            msg("单位和岗位"),
            msg("设立、改名、撤销单位，设置岗位，安排任职和离任。"),
            20,
            vacant_posts,
            msg("个岗位空缺"),
        )
    )
    offer_card(Card("keeper:admission", msg("准入清单"), msg("哪些事项可以要求村（社区）和网格办理。"), 60))
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
