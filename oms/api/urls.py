"""Every address of the API, v1."""

from django.urls import URLPattern, path, re_path

from oms.api import (
    atp_rules,
    availability,
    backorder_runs,
    backorders,
    bulk,
    calibration,
    cancellation_policies,
    cancellations,
    caps,
    cart_holds,
    causes,
    channels,
    delay_cases,
    delay_policies,
    documents,
    events,
    fences,
    holds,
    inbound_shipments,
    line_exceptions,
    locations,
    missing,
    orders,
    payments,
    pick_requests,
    production_orders,
    promises,
    protections,
    purchase_orders,
    queue_policies,
    receipts,
    refunds,
    release_policies,
    returns,
    run_variants,
    shipments,
    skus,
    stock,
    supplier_skus,
    suppliers,
    transfers,
    wms,
)
from oms.api.operations import Operation, address


def at(route: str, name: str | None = None, **operations: type[Operation]) -> URLPattern:
    """One address and what each method does there."""
    pattern: URLPattern = path(route, address(**operations), name=name or "")
    return pattern


# Codes and purchase numbers may hold slashes, so they match to the end: longer addresses come first.
catalogue = [
    at("skus/", get=skus.ListSkus, post=skus.AddSku),
    at("skus/<path:code>/", get=skus.GetSku, put=skus.PutSku),
    at("locations/", get=locations.ListLocations, post=locations.AddLocation),
    at("locations/<path:code>/", get=locations.GetLocation, put=locations.PutLocation),
    at("channels/", get=channels.ListChannels, post=channels.AddChannel),
    at("channels/<path:code>/", get=channels.GetChannel, put=channels.PutChannel),
]
purchasing = [
    at("suppliers/", get=suppliers.ListSuppliers, post=suppliers.AddSupplier),
    at("suppliers/<path:code>/", get=suppliers.GetSupplier, put=suppliers.PutSupplier),
    at("supplier-skus/", get=supplier_skus.ListSupplierSkus, post=supplier_skus.AddSupplierSku),
    at(
        "supplier-skus/<int:id>/",
        get=supplier_skus.GetSupplierSku,
        patch=supplier_skus.ChangeSupplierSku,
        delete=supplier_skus.RemoveSupplierSku,
    ),
    at("purchase-orders/", get=purchase_orders.ListPurchaseOrders, post=purchase_orders.PlacePurchaseOrder),
    at("purchase-orders/<path:number>/lines/<int:line_no>/preview/", post=purchase_orders.PreviewSlip),
    at(
        "purchase-orders/<path:number>/lines/<int:line_no>/",
        get=purchase_orders.GetPurchaseLine,
        patch=purchase_orders.ChangePurchaseLine,
    ),
    at("purchase-orders/<path:number>/lines/", post=purchase_orders.AddPurchaseLine),
    at(
        "purchase-orders/<path:number>/",
        get=purchase_orders.GetPurchaseOrder,
        patch=purchase_orders.MovePurchaseOrder,
    ),
    at(
        "inbound-shipments/",
        get=inbound_shipments.ListInboundShipments,
        post=inbound_shipments.OpenInboundShipment,
    ),
    at("inbound-shipments/<path:number>/preview/", post=inbound_shipments.PreviewInboundShipment),
    at("inbound-shipments/<path:number>/cancel/", post=inbound_shipments.CancelInboundShipment),
    at(
        "inbound-shipments/<path:number>/",
        get=inbound_shipments.GetInboundShipment,
        patch=inbound_shipments.MoveInboundShipment,
    ),
    at("receipts/", get=receipts.ListReceipts, post=receipts.BookReceipt),
]
inventory = [
    at("stock/", get=stock.ListStock),
    at("stock-counts/", get=stock.ListStockCounts, post=stock.CountStock),
    at("holds/", get=holds.ListHolds, post=holds.PlaceHold),
    at("holds/<int:id>/", get=holds.GetHold),
    at("holds/<int:id>/clear/", post=holds.ClearHold),
    at("transfers/", get=transfers.ListTransfers, post=transfers.DraftTransfer),
    at("transfers/<path:number>/dispatch/", post=transfers.DispatchTransfer),
    at("transfers/<path:number>/arrive/", post=transfers.ArriveTransfer),
    at("transfers/<path:number>/cancel/", post=transfers.CancelTransfer),
    at("transfers/<path:number>/lines/<int:line_no>/", patch=transfers.ChangeTransferLine),
    at("transfers/<path:number>/lines/", post=transfers.AddTransferLine),
    at("transfers/<path:number>/", get=transfers.GetTransfer, patch=transfers.MoveTransfer),
    at(
        "production-orders/",
        get=production_orders.ListProductionOrders,
        post=production_orders.ScheduleProduction,
    ),
    at("production-orders/<path:number>/start/", post=production_orders.StartProduction),
    at("production-orders/<path:number>/finish/", post=production_orders.FinishProduction),
    at("production-orders/<path:number>/cancel/", post=production_orders.CancelProduction),
    at(
        "production-orders/<path:number>/",
        get=production_orders.GetProductionOrder,
        patch=production_orders.ChangeProduction,
    ),
]
ordering = [
    at("cart-holds/", post=cart_holds.HoldForCart),
    at("cart-holds/<str:token>/", get=cart_holds.GetCartHold, delete=cart_holds.EndCartHold),
    at("availability/", get=availability.GetAvailability),
    at("atp/<path:sku>/", get=availability.GetTimeline),
    at("orders/", get=orders.ListOrders, post=orders.AcceptOrder),
    at("orders/<str:number>/", get=orders.GetOrder),
    at("orders/<str:number>/cancellations/", post=cancellations.CancelOrder),
    at("orders/<str:number>/lines/<int:line_no>/promises/", get=promises.ListPromises),
    at("orders/<str:number>/lines/<int:line_no>/record/", get=line_exceptions.GetRecord),
    at("orders/<str:number>/lines/<int:line_no>/extra-period/", post=line_exceptions.SetExtraPeriod),
    at(
        "orders/<str:number>/lines/<int:line_no>/never-cancel/",
        post=line_exceptions.KeepLine,
        delete=line_exceptions.EndKeepLine,
    ),
    at(
        "orders/<str:number>/lines/<int:line_no>/make-goods/",
        get=line_exceptions.GetMakeGoods,
        post=line_exceptions.GrantMakeGood,
    ),
    at("deadlines/", get=line_exceptions.ListDeadlines),
    at("payments/", get=payments.ListPayments, post=payments.RegisterPayment),
    at("payments/<int:id>/", get=payments.GetPayment),
    at("refunds/", get=refunds.ListRefunds, post=refunds.RequestRefund),
    at("refunds/<int:id>/", get=refunds.GetRefund),
    at("refunds/<int:id>/send/", post=refunds.SendRefund),
    at("refunds/<int:id>/sent/", post=refunds.RefundWasSent),
    at("refunds/<int:id>/settle/", post=refunds.SettleRefund),
    at("refunds/<int:id>/fail/", post=refunds.FailRefund),
    at("backorders/", get=backorders.ListBackorders),
    at("order-lines/<int:id>/cause/", get=causes.GetLineCause, put=causes.TagLineCause),
    at("causes/", get=causes.ListCauses),
    at("delay-cases/", get=delay_cases.ListDelayCases),
    at("delay-cases/<int:id>/", get=delay_cases.GetDelayCase),
    at("delay-cases/<int:id>/choices/", post=delay_cases.RecordChoice),
]
policies = [
    at("atp-rules/", get=atp_rules.ListAtpRules, post=atp_rules.AddAtpRule),
    at("atp-rules/preview/", post=atp_rules.PreviewAtpRule),
    at("atp-rules/forgotten/", get=atp_rules.ListForgotten),
    at("atp-rules/<int:id>/preview/", post=atp_rules.PreviewChangedAtpRule),
    at(
        "atp-rules/<int:id>/",
        get=atp_rules.GetAtpRule,
        put=atp_rules.PutAtpRule,
        patch=atp_rules.PatchAtpRule,
        delete=atp_rules.RemoveAtpRule,
    ),
    at("caps/", get=caps.ListCaps, post=caps.AddCap),
    at("caps/preview/", post=caps.PreviewCap),
    at("caps/<int:id>/preview/", post=caps.PreviewChangedCap),
    at("caps/<int:id>/", get=caps.GetCap, put=caps.PutCap, patch=caps.PatchCap, delete=caps.RemoveCap),
    at("protections/", get=protections.ListProtections, post=protections.AddProtection),
    at("protections/preview/", post=protections.PreviewProtection),
    at("protections/<int:id>/preview/", post=protections.PreviewChangedProtection),
    at(
        "protections/<int:id>/",
        get=protections.GetProtection,
        put=protections.PutProtection,
        patch=protections.PatchProtection,
        delete=protections.RemoveProtection,
    ),
    at("fences/", get=fences.ListFences, post=fences.AddFence),
    at("fences/preview/", post=fences.PreviewFence),
    at("fences/<int:id>/preview/", post=fences.PreviewChangedFence),
    at(
        "fences/<int:id>/",
        get=fences.GetFence,
        put=fences.PutFence,
        patch=fences.PatchFence,
        delete=fences.RemoveFence,
    ),
    at(
        "cancellation-policies/",
        get=cancellation_policies.ListCancellationPolicies,
        post=cancellation_policies.AddCancellationPolicy,
    ),
    at("cancellation-policies/preview/", post=cancellation_policies.PreviewCancellationPolicy),
    at(
        "cancellation-policies/<int:id>/preview/", post=cancellation_policies.PreviewChangedCancellationPolicy
    ),
    at(
        "cancellation-policies/<int:id>/",
        get=cancellation_policies.GetCancellationPolicy,
        put=cancellation_policies.PutCancellationPolicy,
        patch=cancellation_policies.PatchCancellationPolicy,
        delete=cancellation_policies.RemoveCancellationPolicy,
    ),
    at(
        "delay-policies/",
        get=delay_policies.ListDelayPolicies,
        post=delay_policies.AddDelayPolicy,
    ),
    at("delay-policies/preview/", post=delay_policies.PreviewDelayPolicy),
    at("delay-policies/<int:id>/preview/", post=delay_policies.PreviewChangedDelayPolicy),
    at(
        "delay-policies/<int:id>/",
        get=delay_policies.GetDelayPolicy,
        put=delay_policies.PutDelayPolicy,
        patch=delay_policies.PatchDelayPolicy,
        delete=delay_policies.RemoveDelayPolicy,
    ),
    at(
        "queue-policies/",
        get=queue_policies.ListQueuePolicies,
        post=queue_policies.AddQueuePolicy,
    ),
    at("queue-policies/preview/", post=queue_policies.PreviewQueuePolicy),
    at("queue-policies/<int:id>/preview/", post=queue_policies.PreviewChangedQueuePolicy),
    at(
        "queue-policies/<int:id>/",
        get=queue_policies.GetQueuePolicy,
        put=queue_policies.PutQueuePolicy,
        patch=queue_policies.PatchQueuePolicy,
        delete=queue_policies.RemoveQueuePolicy,
    ),
    at(
        "release-policies/",
        get=release_policies.ListReleasePolicies,
        post=release_policies.AddReleasePolicy,
    ),
    at("release-policies/preview/", post=release_policies.PreviewReleasePolicy),
    at("release-policies/<int:id>/preview/", post=release_policies.PreviewChangedReleasePolicy),
    at(
        "release-policies/<int:id>/",
        get=release_policies.GetReleasePolicy,
        put=release_policies.PutReleasePolicy,
        patch=release_policies.PatchReleasePolicy,
        delete=release_policies.RemoveReleasePolicy,
    ),
]
runs = [
    at("backorder-runs/", get=backorder_runs.ListRuns, post=backorder_runs.StartRun),
    at("backorder-runs/<int:id>/", name="backorder-run", get=backorder_runs.GetRun),
    at("backorder-runs/<int:id>/lines/", get=backorder_runs.ListRunLines),
    at("backorder-runs/<int:id>/lift/", post=backorder_runs.LiftRun),
    at("run-variants/", get=run_variants.ListRunVariants, post=run_variants.AddRunVariant),
    at(
        "run-variants/<int:id>/",
        get=run_variants.GetRunVariant,
        put=run_variants.PutRunVariant,
        patch=run_variants.PatchRunVariant,
        delete=run_variants.RemoveRunVariant,
    ),
]
warehouse = [
    at("pick-requests/", get=pick_requests.ListPickRequests),
    at("pick-requests/<str:number>/", get=pick_requests.GetPickRequest),
    at("pick-requests/<str:number>/ack/", post=pick_requests.AcknowledgePick),
    at("pick-requests/<str:number>/give-back/", post=pick_requests.GiveBackPick),
    at("wms/open-lines/", get=wms.ListOpenLines),
    at("shipments/", get=shipments.ListShipments, post=shipments.ConfirmShipment),
    at("returns/", get=returns.ListReturns, post=returns.AnnounceReturn),
    at("returns/<int:id>/", get=returns.GetReturn),
    at("returns/<int:id>/inspect/", post=returns.InspectReturn),
    at("returns/<int:id>/cancel/", post=returns.CancelReturn),
]
insight = [
    at("kpis/calibration/", get=calibration.GetCalibration),
]
around = [
    path("openapi.json", documents.openapi, name="openapi"),
    at("events/", get=events.ListEvents),
    at("bulk/<int:id>/", name="bulk-job", get=bulk.GetBulkJob),
    at("bulk/<int:id>/rows/", get=bulk.ListBulkRows),
    at("bulk/<int:id>/errors/", get=bulk.ListBulkErrors),
    at("bulk/<str:kind>/", post=bulk.StartBulkJob),
]
# Also what holds a line break, which no converter takes.
rest = [re_path(r"^(?P<rest>(?s:.*))$", missing.nothing)]

urlpatterns: list[URLPattern] = [
    *catalogue,
    *purchasing,
    *inventory,
    *ordering,
    *policies,
    *runs,
    *warehouse,
    *insight,
    *around,
    *rest,
]
