"""The customer's own page: what was promised, what moved, what may be chosen."""
