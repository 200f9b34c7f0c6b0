"""The closed loop and what it stands on; one direction only (see ARCHITECTURE.md)."""
