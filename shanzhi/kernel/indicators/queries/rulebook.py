"""How counts may be contested, as pages read it."""

from shanzhi.kernel.indicators.policy.excluding import ExclusionRules
from shanzhi.kernel.indicators.rules import exclusion_rules

__all__ = ["ExclusionRules", "exclusion_rules"]
