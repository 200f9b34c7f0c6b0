"""What a keeper changes."""

from shanzhi.modules.keeper.operations.regions import redraw_carry_out

__all__ = ["redraw_carry_out"]
