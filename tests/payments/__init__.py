"""Money: taken, given back, through providers."""
