"""The resident's doors: report, follow, give a verdict, see what is public."""
