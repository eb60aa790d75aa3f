"""SKUs, locations, supply and the ledger in the admin."""

from inventory.admin import catalog as catalog
from inventory.admin import production as production
from inventory.admin import stock as stock
from inventory.admin import transfers as transfers
