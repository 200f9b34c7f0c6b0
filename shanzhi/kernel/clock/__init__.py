"""Work calendars, durations, deadlines and lights: pure reckoning of time, no tables and no clock of its own."""
