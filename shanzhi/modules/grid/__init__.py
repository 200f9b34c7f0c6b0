"""The grid worker's phone page: my grid today, an incident in three taps, whom to ask."""
