"""Tests of what starts and supervises the processes."""
