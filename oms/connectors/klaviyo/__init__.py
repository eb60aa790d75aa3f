"""Klaviyo: every touchpoint as an event, so that a shop may tell its customers by flows of its own."""
