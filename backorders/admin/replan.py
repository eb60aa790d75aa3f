"""“Re-plan now”: the same pass the worker makes, at once, for one SKU."""

from typing import Any

from django.http import HttpRequest

from backorders import replanning
from backorders.models import ReplanRequest
from inventory.models import Sku
from oms.kernel import shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm


class ReplanSku(Button[Sku]):
    """Match demand and supply of a SKU again, now."""

    slug = "replan"
    label = "Re-plan now"
    says = (
        "Matches all open demand of this SKU with all its supply again and writes the difference: promises "
        "that cannot be kept are moved and their customers told. Doing it twice changes nothing more."
    )
    icon = "sync"
    permission = "backorders.replan_sku"
    form = AskForm

    def press(self, data: dict[str, Any]) -> Done:
        replanning.mark(sku_ids=[self.row.pk], cause="replan")
        replanning.replan_sku(sku_id=self.row.pk)
        return Done(f"{self.row} is planned again.")


class ReplanRequested(ReplanSku):
    """The same from the request of a SKU, which is gone afterwards."""

    def __init__(self, request: HttpRequest, row: ReplanRequest) -> None:
        super().__init__(request, row.sku)

    def press(self, data: dict[str, Any]) -> Done:
        return Done(super().press(data).words, shown.list_of(ReplanRequest))
