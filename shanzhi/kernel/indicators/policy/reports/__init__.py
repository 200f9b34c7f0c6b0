"""Periodic reports that write themselves: figures in, a paper out. Pure; `compose` is where to begin."""

from shanzhi.kernel.indicators.policy.reports.compose import compose
from shanzhi.kernel.indicators.policy.reports.figures import (
    Better,
    Definition,
    Figure,
    Moment,
    Part,
    Project,
    Report,
    Section,
    Shape,
    Standing,
    Value,
)
from shanzhi.kernel.indicators.policy.reports.period import Period, Span, is_week, read_week
from shanzhi.kernel.indicators.policy.reports.sentences import figure_sentence
from shanzhi.kernel.indicators.policy.reports.source import figure_of

__all__ = [
    "Better",
    "Definition",
    "Figure",
    "Moment",
    "Part",
    "Period",
    "Project",
    "Report",
    "Section",
    "Shape",
    "Span",
    "Standing",
    "Value",
    "compose",
    "figure_of",
    "figure_sentence",
    "is_week",
    "read_week",
]
