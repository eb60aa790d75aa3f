"""SKUs, locations, supply and the ledger in the admin."""

from inventory.admin import catalog as catalog
from inventory.admin import stock as stock
