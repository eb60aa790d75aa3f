"""Who of the staff may do what, in one table; `manage.py sync_groups` brings it into the database."""

from dataclasses import dataclass

MANAGER, BUYER, SERVICE, WAREHOUSE = "ops manager", "buyer", "customer service", "warehouse"
READ_ONLY = "read-only"
GROUPS = (MANAGER, BUYER, SERVICE, WAREHOUSE, READ_ONLY)

OUR_APPS = (
    *("inventory", "purchasing", "orders", "payments", "backorders"),
    *("notifications", "connectors", "api", "portal", "kernel"),
)
# What only an ops manager looks at.
CLOSED_APPS = ("api", "connectors", "portal")


@dataclass(frozen=True, slots=True)
class May:
    """One thing the admin lets people do: the button's permission, the model it acts on, who has it."""

    codename: str
    model: str
    words: str
    who: tuple[str, ...]

    @property
    def permission(self) -> str:
        """As `user.has_perm` asks for it."""
        return f"{self.model.split('.')[0]}.{self.codename}"


COMMANDS = (
    May("cancel_order", "orders.order", "Can cancel orders and lines", (MANAGER, SERVICE)),
    May("hold_order", "orders.order", "Can hold orders and let them go on", (MANAGER, SERVICE)),
    May("send_refund", "orders.refund", "Can say that a refund was sent", (MANAGER, SERVICE)),
    May("see_to_payment", "payments.payment", "Can see to payments", (MANAGER, SERVICE)),
    May("keep_key", "payments.paymentaccount", "Can enter keys of payment providers", (MANAGER,)),
    May("keep_klaviyo_key", "connectors.klaviyoaccount", "Can enter keys of Klaviyo", (MANAGER,)),
    May("apply_inbound", "connectors.inbound", "Can have webhooks applied again", (MANAGER,)),
    May("ship_pickrequest", "orders.pickrequest", "Can take, ship and give back", (MANAGER, WAREHOUSE)),
    May("record_delivery", "orders.shipment", "Can say when parcels came", (MANAGER, SERVICE, WAREHOUSE)),
    May("announce_return", "orders.return", "Can announce and cancel returns", (MANAGER, SERVICE)),
    May("inspect_return", "orders.return", "Can inspect returns", (MANAGER, WAREHOUSE)),
    May("place_purchaseorder", "purchasing.purchaseorder", "Can place and end purchases", (MANAGER, BUYER)),
    May("receive_purchaseorder", "purchasing.purchaseorder", "Can receive goods", (MANAGER, WAREHOUSE)),
    May("change_purchaseline", "purchasing.purchaseline", "Can change dates, quantities", (MANAGER, BUYER)),
    May("move_inboundshipment", "purchasing.inboundshipment", "Can move containers", (MANAGER, BUYER)),
    May("accept_signal", "purchasing.signal", "Can accept and dismiss signals", (MANAGER, BUYER)),
    May("count_stock", "inventory.stockcount", "Can correct stock by a count", (MANAGER, WAREHOUSE)),
    May("hold_stock", "inventory.stockhold", "Can hold units and clear holds", (MANAGER, WAREHOUSE)),
    May(
        "send_transfer", "inventory.transfer", "Can move goods between locations", (MANAGER, BUYER, WAREHOUSE)
    ),
    May(
        "make_productionorder",
        "inventory.productionorder",
        "Can plan production",
        (MANAGER, BUYER, WAREHOUSE),
    ),
    May("correct_cause", "backorders.backorder", "Can correct causes", (MANAGER, BUYER, SERVICE)),
    May("record_choice", "backorders.delaycase", "Can record a customer's choice", (MANAGER, SERVICE)),
    May("keep_line", "backorders.nevercancel", "Can keep lines from being cancelled", (MANAGER, SERVICE)),
    May("grant_makegood", "backorders.makegood", "Can make delays good", (MANAGER, SERVICE)),
    May("steer_campaign", "backorders.campaign", "Can remind, stop campaigns", (MANAGER, SERVICE)),
    May("settle_withdrawal", "backorders.withdrawal", "Can name a withdrawal's order", (MANAGER, SERVICE)),
    May("revoke_orderlink", "backorders.orderlink", "Can revoke customers' links", (MANAGER, SERVICE)),
    May("replan_sku", "backorders.replanrequest", "Can re-plan a SKU now", (MANAGER, BUYER)),
    May("run_backorders", "backorders.backorderrun", "Can plan and write backorder runs", (MANAGER, BUYER)),
    May("try_letter", "notifications.lettertemplate", "Can preview and test letters", (MANAGER,)),
    May("resend_message", "notifications.message", "Can send messages again", (MANAGER, SERVICE)),
    May("keep_savedfilter", "kernel.savedfilter", "Can keep filters", (MANAGER, BUYER, SERVICE, WAREHOUSE)),
    May("share_savedfilter", "kernel.savedfilter", "Can share filters", (MANAGER,)),
    May(
        "run_bulkjob",
        "api.bulkjob",
        "Can do in bulk what they may do singly",
        (MANAGER, BUYER, SERVICE, WAREHOUSE),
    ),
    May("issue_key", "api.apiclient", "Can make and revoke keys", (MANAGER,)),
    May("issue_shopkey", "portal.shopkey", "Can make and revoke keys of shops", (MANAGER,)),
)

# Models people edit by hand, as `app.model`, with who may.
EDITED = {
    "backorders.atprule": (MANAGER,),
    "backorders.cap": (MANAGER,),
    "backorders.protection": (MANAGER,),
    "backorders.fence": (MANAGER,),
    "backorders.promotion": (MANAGER, BUYER),
    "backorders.cancellationpolicy": (MANAGER,),
    "backorders.delaypolicy": (MANAGER,),
    "backorders.queuepolicy": (MANAGER,),
    "backorders.releasepolicy": (MANAGER,),
    "backorders.planningpolicy": (MANAGER, BUYER),
    "backorders.runvariant": (MANAGER, BUYER),
    "payments.paymentaccount": (MANAGER,),
    "backorders.tellingpolicy": (MANAGER,),
    "notifications.lettertemplate": (MANAGER,),
    "notifications.route": (MANAGER,),
    "connectors.klaviyoaccount": (MANAGER,),
    "orders.channel": (MANAGER,),
    "orders.customer": (MANAGER, SERVICE),
    "inventory.location": (MANAGER,),
    "inventory.sku": (MANAGER, BUYER),
    "inventory.alternative": (MANAGER, BUYER),
    "inventory.kitpart": (MANAGER, BUYER),
    "purchasing.supplier": (MANAGER, BUYER),
    "purchasing.suppliersku": (MANAGER, BUYER),
    "django_celery_beat.periodictask": (MANAGER,),
}
# Looked at by ops managers besides our own apps.
ALSO_SEEN = ("django_celery_beat.view_periodictask",)
