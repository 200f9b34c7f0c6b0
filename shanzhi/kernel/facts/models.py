"""The tables of facts have no models: they are written and read in bulk, column by column as `policy/columns.py` says."""
