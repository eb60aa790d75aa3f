"""Orders, lines, cancellations, picks and shipments: what customers asked for and what left."""
