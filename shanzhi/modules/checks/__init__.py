"""The checker's desk: is what was promised done? Asked by somebody who didn't do it."""
