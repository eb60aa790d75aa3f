"""The tests, laid out like the apps they test."""
