"""SKUs, locations, supply, the ledger of stock movements, and the documents of our own that make supply."""

from inventory.models.documents import DocumentChange as DocumentChange
from inventory.models.documents import ProductionOrder as ProductionOrder
from inventory.models.documents import Transfer as Transfer
from inventory.models.documents import TransferLine as TransferLine
from inventory.models.stock import MAX_QTY as MAX_QTY
from inventory.models.stock import Alternative as Alternative
from inventory.models.stock import KitPart as KitPart
from inventory.models.stock import Location as Location
from inventory.models.stock import Movement as Movement
from inventory.models.stock import Sku as Sku
from inventory.models.stock import StockCount as StockCount
from inventory.models.stock import StockHold as StockHold
from inventory.models.stock import Supply as Supply
from inventory.models.stock import working_week as working_week
