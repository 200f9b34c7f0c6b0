"""Pages of figures: indicators, index, sheets, entry, exclusions."""
