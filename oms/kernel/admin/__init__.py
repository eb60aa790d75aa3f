"""The admin of the ground: events, staff and their groups, the schedule; and the base of all others."""

from oms.kernel.admin import kept as kept
from oms.kernel.admin import records as records
