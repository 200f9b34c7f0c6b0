"""The triage desk's page."""
