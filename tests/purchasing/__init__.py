"""Purchase orders, containers, receipts and signals."""
