"""Every write of facts: projecting the journal."""

from shanzhi.kernel.facts.operations.projecting import Projected, project

__all__ = ["Projected", "project"]
