"""Other systems: what they tell us is kept first and applied after; what they are told goes from rows."""
