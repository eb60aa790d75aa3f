"""Shipping, returns and reads of orders."""
