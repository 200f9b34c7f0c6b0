"""准入清单: what may be asked of communities and grids. Pure."""

from shanzhi.core.errors import Conflict, InputError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy import Level

ITEM_MOST = 100
GROUND_MOST = 300
LEVELS: dict[Level, str] = {Level.COMMUNITY: msg("村（社区）"), Level.GRID: msg("网格")}


class BadAdmission(InputError):
    """An item of the admission list that can't be."""

    code = "admission"


class AdmissionStands(Conflict):
    """The item stands on the list already."""

    code = "admission-stands"


class NoSuchAdmission(NotFound):
    """No such item on the list."""

    code = "admission-unknown"


def check_admission(item: str, level: Level, ground: str) -> None:
    """Raises BadAdmission, saying where, for an item without words, ground or level."""
    wrong = {}
    if not 0 < len(item) <= ITEM_MOST:
        wrong["item"] = msg("事项要有 1 到 100 个字。")
    if not 0 < len(ground) <= GROUND_MOST:
        wrong["ground"] = msg("请写明依据（法规或文件名、文号），不超过 300 字。")
    if level not in LEVELS:
        wrong["level"] = msg("请选择村（社区）或网格。")
    if wrong:
        raise BadAdmission(msg("清单没有改动，请按提示补全。"), fields=wrong)
