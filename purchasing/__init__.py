"""Suppliers, purchase orders, containers and receipts."""
