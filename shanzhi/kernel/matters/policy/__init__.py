"""Pure rules of the closed loop: processes, reports, journal payloads, suggestions. No Django, no database, no clock."""
