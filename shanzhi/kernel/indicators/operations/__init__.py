"""Every change of figures: typed in, permitted late, contested and decided, computed."""

from shanzhi.kernel.indicators.operations._common import EXCLUSION_TOPIC, FIGURE_TOPIC, PERMIT_TOPIC, KeyReused
from shanzhi.kernel.indicators.operations.checking import Checked, figures_check
from shanzhi.kernel.indicators.operations.computing import AlreadyComputing, Computed, Why, compute
from shanzhi.kernel.indicators.operations.due import compute_due, compute_night, due_add, submissions_forget
from shanzhi.kernel.indicators.operations.entering import Entry, value_enter
from shanzhi.kernel.indicators.operations.excluding import (
    Contest,
    exclusion_ask,
    exclusion_decide,
    exclusion_revise,
    exclusion_withdraw,
)
from shanzhi.kernel.indicators.operations.permitting import permit_ask, permit_decide
from shanzhi.kernel.indicators.operations.restating import figures_restate

__all__ = [
    "EXCLUSION_TOPIC",
    "FIGURE_TOPIC",
    "PERMIT_TOPIC",
    "AlreadyComputing",
    "Checked",
    "Computed",
    "Contest",
    "Entry",
    "KeyReused",
    "Why",
    "compute",
    "compute_due",
    "compute_night",
    "due_add",
    "exclusion_ask",
    "exclusion_decide",
    "exclusion_revise",
    "exclusion_withdraw",
    "figures_check",
    "figures_restate",
    "permit_ask",
    "permit_decide",
    "submissions_forget",
    "value_enter",
]
