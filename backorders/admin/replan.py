"""What is planned again, and when: after an edit by the worker, or at once by a button."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from backorders import releasing, replanning
from backorders.models import ReplanRequest
from inventory.models import Sku
from oms.kernel import shown
from oms.kernel.admin.base import HouseAdmin
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm


class PlansAgain(HouseAdmin):
    """Rows that dates are made of: what depends on them is planned again when they change or go."""

    def touched(self, row: Any) -> QuerySet[Sku]:
        """The SKUs whose plan depends on a row."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._mark(obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._mark(obj)
        super().delete_model(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Deleting many at once would skip delete_model, and with it the re-plan.
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def _mark(self, row: Any) -> None:
        waiting = self.touched(row).filter(demands__open_qty__gt=0)
        replanning.mark(sku_ids=set(waiting.values_list("pk", flat=True)), cause="policy_changed")


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


class ReleaseSku(Button[Sku]):
    """Hand to the warehouse what is allocated, without waiting for the job that does so."""

    slug = "release"
    label = "Release now"
    says = (
        "Hands what is allocated of these SKUs to the warehouse now, as far as each order's policy lets it "
        "go. The job does the same every few seconds."
    )
    icon = "outbound"
    permission = "backorders.replan_sku"
    form = AskForm

    def press(self, data: dict[str, Any]) -> Done:
        picks = releasing.release_ready(sku_ids=[self.row.pk])
        made = f"{shown.count(len(picks), 'pick request')} made."
        return Done(made if picks else "There was nothing to release.")


class ReplanRequested(ReplanSku):
    """The same from the request of a SKU, which is gone afterwards."""

    def __init__(self, request: HttpRequest, row: ReplanRequest) -> None:
        super().__init__(request, row.sku)

    def press(self, data: dict[str, Any]) -> Done:
        return Done(super().press(data).words, shown.list_of(ReplanRequest))
