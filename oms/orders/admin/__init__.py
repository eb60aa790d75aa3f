"""Orders, their lines, money owed back, and what the warehouse does, in the admin."""

from oms.orders.admin import lines as lines
from oms.orders.admin import money as money
from oms.orders.admin import parties as parties
from oms.orders.admin import records as records
from oms.orders.admin import warehouse as warehouse
