"""The days and the hand that all tests of this slice share."""

from datetime import UTC, date, datetime

from shanzhi.kernel.journal.policy import Author

OPENED = date(2024, 1, 1)
TODAY = date(2025, 6, 1)
NOW = datetime(2025, 6, 1, 1, 0, tzinfo=UTC)
LOADER = Author("importer")
