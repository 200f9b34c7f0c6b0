"""What everything stands on: errors, ids, text, code ranges. Plain Python, no Django."""
