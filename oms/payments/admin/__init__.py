"""Payments, movements of money and accounts in the admin."""

from oms.payments.admin import accounts as accounts
from oms.payments.admin import records as records
