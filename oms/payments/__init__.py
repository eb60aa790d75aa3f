"""Money of orders: what customers tendered, what we take of it and give back, through which provider."""
