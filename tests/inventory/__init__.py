"""Stock, its ledger, counts and holds."""
