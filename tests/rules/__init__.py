"""Tests of the promising rules: no database, milliseconds."""
