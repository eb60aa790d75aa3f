"""Purchasing in the admin: suppliers, orders, lines, containers, receipts and signals."""

from purchasing.admin import containers as containers
from purchasing.admin import lines as lines
from purchasing.admin import orders as orders
from purchasing.admin import receipts as receipts
from purchasing.admin import signalling as signalling
from purchasing.admin import suppliers as suppliers
