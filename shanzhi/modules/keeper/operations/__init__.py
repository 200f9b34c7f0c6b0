"""Every change that a keeper makes: who may is asked here, the change itself is its owner's."""

from shanzhi.modules.keeper.operations.admission import item_add, item_end
from shanzhi.modules.keeper.operations.offices import (
    UnitEdit,
    post_open,
    post_shut,
    post_title,
    post_vacate,
    unit_edit,
    unit_open,
    unit_shut,
)
from shanzhi.modules.keeper.operations.regions import redraw_carry_out
from shanzhi.modules.keeper.operations.signoffs import (
    Appointment,
    appoint_ask,
    appoint_run,
    change_ask,
    change_run,
)

__all__ = [
    "Appointment",
    "UnitEdit",
    "appoint_ask",
    "appoint_run",
    "change_ask",
    "change_run",
    "item_add",
    "item_end",
    "post_open",
    "post_shut",
    "post_title",
    "post_vacate",
    "redraw_carry_out",
    "unit_edit",
    "unit_open",
    "unit_shut",
]
