"""What every factory shares: who did it and when."""

from datetime import UTC, date, datetime

BY = "user:anna"
SOON = date(2026, 3, 16)
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
