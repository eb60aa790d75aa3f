"""Decides who gets what, when, and what the customer is told about it."""
