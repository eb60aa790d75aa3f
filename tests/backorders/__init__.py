"""Tests of the deciding app."""
