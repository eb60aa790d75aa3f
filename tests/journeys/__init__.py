"""Journeys told as stories, through the real commands."""
