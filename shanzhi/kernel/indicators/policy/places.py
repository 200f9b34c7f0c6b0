"""Errors about where and what: regions, units and indices that aren't there."""

from shanzhi.core.errors import NotFound


class NoSuchPlace(NotFound):
    """No region of this id in the period, or out of sight."""

    code = "figure-place"


class NoSuchUnit(NotFound):
    """No unit of this id in the period, or out of sight."""

    code = "figure-unit"


class NoSuchIndex(NotFound):
    """No index of this code in the period."""

    code = "figure-index"


class NotCounted(NotFound):
    """Nothing stands behind a figure that people type in, but their evidence."""

    code = "figure-not-counted"
