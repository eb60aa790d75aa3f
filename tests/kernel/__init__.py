"""Tests of the ground that every app stands on."""
