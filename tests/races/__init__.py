"""Races on a real PostgreSQL: threads that start together, and a twin without locks that must fail."""
