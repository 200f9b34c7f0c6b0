"""What a keeper may do, and files that a browser hands over, as rows. Pure."""

from shanzhi.modules.keeper.policy.regions import FEATURE, check_place, month_bounds

__all__ = ["FEATURE", "check_place", "month_bounds"]
