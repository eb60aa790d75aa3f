"""Tests of the demo shop and the replay."""
