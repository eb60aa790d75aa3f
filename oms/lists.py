"""The lists of the workplace: what needs a person, what can be looked up, what is policy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, DateField, F, IntegerField, Model, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django_celery_beat.models import PeriodicTask

from backorders import withdrawing
from backorders.models import (
    AtpRule,
    Backorder,
    BackorderRun,
    Campaign,
    CancellationPolicy,
    Cap,
    Deadline,
    DelayCase,
    DelayPolicy,
    Demand,
    Fence,
    PlanningPolicy,
    Promise,
    Promotion,
    Protection,
    QueueDay,
    QueuePolicy,
    ReleasePolicy,
    ReplanRequest,
    Review,
    RunVariant,
    SkuForecast,
    StockWatch,
    TellingPolicy,
    Ticket,
    Withdrawal,
)
from inventory.models import Location, ProductionOrder, Sku, Supply, Transfer
from notifications.models import LetterTemplate, MailboxMail, Message, Route
from oms.api.models import ApiClient
from oms.connectors.models import Inbound, KlaviyoAccount
from oms.kernel import shown
from oms.kernel.models import EventLog
from oms.orders.models import Channel, Order, OrderLine, PickRequest, Refund, Shipment
from oms.payments import waiting
from oms.payments.models import Payment, PaymentAccount
from oms.urgent import (
    broken_promises,
    failed_messages,
    growing_queues,
    lapsing_cases,
    law_needs_a_person,
    open_signals,
    overdue_purchases,
    refunds_due,
    short_demand,
    silent_jobs,
    stuck_accounts,
    stuck_replans,
    stuck_webhooks,
    waiting_picks,
)
from purchasing.models import InboundShipment, PurchaseLine, PurchaseOrder, Receipt, Signal, Supplier


@dataclass(frozen=True, slots=True)
class Work:
    """Rows that need a person, with lookup paths to their name, a word beside it and the day that matters."""

    rows: Callable[[], QuerySet[Any]]
    name: str
    beside: str
    day: str = ""

    def told(self, number: int, most: int) -> QuerySet[Any]:
        """So many of the most urgent rows, in one shape for all queues, so that one query reads them all."""
        when = Cast(F(self.day), DateField()) if self.day else Cast(Value(None), DateField())
        said = self.rows().annotate(
            queue_no=Value(number, output_field=IntegerField()),
            called=Cast(F(self.name), CharField()),
            aside=Cast(F(self.beside), CharField()),
            on=when,
        )
        ordered = said.order_by(*([self.day] if self.day else []), "pk")
        rows: QuerySet[Any] = ordered.values_list("queue_no", "pk", "called", "aside", "on")
        return rows[:most]


@dataclass(frozen=True, slots=True)
class Queue:
    """A list worth a card: what it is for, and its work if it needs a person."""

    title: str
    what: str
    icon: str
    model: type[Model]
    query: str = ""
    work: Work | None = None

    @property
    def address(self) -> str:
        """Where the list is."""
        return shown.list_of(self.model, self.query)

    def is_for(self, request: HttpRequest) -> bool:
        """Whether this person may look at it."""
        meta = self.model._meta
        return request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}")


NEEDS_A_PERSON = (
    Queue(
        "Late promises",
        "Customers whose ship date has passed. Find out why, tell them.",
        "event_busy",
        Demand,
        "queue=late",
        Work(broken_promises, "order_line__order__number", "sku__code", "promised_on"),
    ),
    Queue(
        "Overdue purchases",
        "Purchase lines past their date with customers behind them. Call the supplier.",
        "local_shipping",
        PurchaseLine,
        "due=overdue",
        Work(overdue_purchases, "purchase_order__number", "sku__code", "expected_on"),
    ),
    Queue(
        "Cases about to lapse",
        "Within 48 hours silence becomes an answer. Ask the customer once more.",
        "hourglass_bottom",
        DelayCase,
        "lapses=soon",
        Work(lapsing_cases, "order_line__order__number", "order_line__sku__code", "answer_by"),
    ),
    Queue(
        "Deadlines of the law",
        "A notice, a shipment or money is due by law. Do it today.",
        "gavel",
        Deadline,
        "due=person",
        Work(law_needs_a_person, "order_line__order__number", "blocked_because", "last_on"),
    ),
    Queue(
        "Shortages",
        "Demand that no supply covers. Buy, or find out what was lost.",
        "production_quantity_limits",
        Demand,
        "queue=short",
        Work(short_demand, "sku__code", "order_line__order__number"),
    ),
    Queue(
        "Open signals",
        "What to order, pull in or put off. Accept them into draft purchase orders.",
        "campaign",
        Signal,
        "state__exact=open",
        Work(open_signals, "sku__code", "kind", "needed_on"),
    ),
    Queue(
        "Growing queues",
        "More joins than comes in. Order more, or cap what is sold.",
        "trending_up",
        QueueDay,
        "growing=yes",
        Work(growing_queues, "sku__code", "lacking", "as_of_on"),
    ),
    Queue(
        "Refunds due",
        "Money owed for cancelled units. Send it, and say so here.",
        "payments",
        Refund,
        "due=open",
        Work(refunds_due, "order__number", "owed", "due_on"),
    ),
    Queue(
        "Payments to see to",
        "Refused, running out before the goods ship, or to be taken by hand.",
        "credit_card_off",
        Payment,
        "waiting=yes",
        Work(waiting.payments, "order__number", "needs_person", "expires_at"),
    ),
    Queue(
        "Withdrawals",
        "Declared, but the warehouse has the goods or no order was found. Stop them, or name the order.",
        "contract_delete",
        Withdrawal,
        "queue=undone",
        Work(withdrawing.undone, "given_order", "state", "at"),
    ),
    Queue(
        "Picks nobody took",
        "Released a day ago, not acknowledged. Ask the warehouse.",
        "inventory",
        PickRequest,
        "waits=long",
        Work(waiting_picks, "number", "location__code", "requested_at"),
    ),
    Queue(
        "Jobs that did not run",
        "A worker or the clock is dead, or the job fails. Look at its error, start it again.",
        "alarm_off",
        PeriodicTask,
        "silent=yes",
        Work(silent_jobs, "name", "task"),
    ),
    Queue(
        "Failed messages",
        "Customers who were not told. Send again, or call them.",
        "mark_email_unread",
        Message,
        "state=unreached",
        Work(failed_messages, "subject_ref", "kind"),
    ),
    Queue(
        "Stuck webhooks",
        "What other systems told us and nobody could apply. Read the error, apply again.",
        "webhook",
        Inbound,
        "stuck=yes",
        Work(stuck_webhooks, "kind", "error", "received_at"),
    ),
    Queue(
        "Stuck accounts",
        "Systems that refuse what we tell them. Read why, enter another key.",
        "cable",
        KlaviyoAccount,
        "stuck=yes",
        Work(stuck_accounts, "code", "needs_person"),
    ),
    Queue(
        "Stuck re-plans",
        "SKUs whose plan could not be made again. Read the error, re-plan.",
        "sync_problem",
        ReplanRequest,
        "stuck=yes",
        Work(stuck_replans, "sku__code", "cause", "marked_at"),
    ),
)

LOOK_UP = (
    Queue("Orders", "What customers ordered and where each order stands.", "shopping_cart", Order),
    Queue("Order lines", "One line: wanted, promised, pegged, shipped.", "list_alt", OrderLine),
    Queue("Backorders", "Lines stock did not cover, and why.", "pending_actions", Backorder, "is_open=yes"),
    Queue("Queue", "Who waits for which SKU, in the order in which they are served.", "groups", Demand),
    Queue("Backorder runs", "Hand supply out anew: plan, preview, write.", "tune", BackorderRun),
    Queue("Promises", "Every date ever told to a customer, and why it moved.", "handshake", Promise),
    Queue("SKUs", "Stock, incoming, queue and rule of one SKU.", "barcode", Sku),
    Queue("Supply", "Everything that can cover demand, by date.", "warehouse", Supply),
    Queue("Purchase orders", "What was ordered from suppliers.", "receipt_long", PurchaseOrder),
    Queue(
        "Purchase lines", "What comes when, and who waits for it.", "event_upcoming", PurchaseLine, "due=open"
    ),
    Queue("Containers", "What travels together.", "directions_boat", InboundShipment),
    Queue("Transfers", "What moves between our locations.", "swap_horiz", Transfer),
    Queue("Production orders", "What we make ourselves.", "precision_manufacturing", ProductionOrder),
    Queue("Receipts", "What arrived.", "move_to_inbox", Receipt),
    Queue("Forecasts", "What each SKU is expected to sell.", "trending_up", SkuForecast),
    Queue("Queue by day", "Every queue against what comes in.", "stacked_line_chart", QueueDay),
    Queue("Pick requests", "What the warehouse was asked for.", "trolley", PickRequest),
    Queue("Shipments", "What left.", "package_2", Shipment),
    Queue("Payments", "What customers tendered, what was taken and given back.", "credit_card", Payment),
    Queue("Delay cases", "Who is asked to wait, switch or cancel.", "live_help", DelayCase, "lapses=open"),
    Queue("Campaigns", "What one slip put to customers, and how they answered.", "campaign", Campaign),
    Queue("Tickets", "Calls for help about orders.", "support_agent", Ticket),
    Queue("Reviews", "How likely customers are to recommend us.", "reviews", Review),
    Queue("Stock watches", "Who wants to hear when a SKU is back.", "notifications_active", StockWatch),
    Queue("Messages", "What customers were told.", "mail", Message),
    Queue("Webhooks", "What other systems told us.", "webhook", Inbound),
    Queue("Mailbox", "Mail kept here instead of leaving the house.", "inbox", MailboxMail),
    Queue("Events", "All that happened, in order.", "history", EventLog),
)

POLICY = (
    Queue("ATP rules", "What may be promised beyond stock, to whom.", "rule", AtpRule),
    Queue("Fences", "Which supply is believed, and from when.", "fence", Fence),
    Queue("Caps", "How many units may be on backorder at once.", "vertical_align_top", Cap),
    Queue("Protections", "Units kept for a channel, region or class of customers.", "shield", Protection),
    Queue("Cancellation policies", "What may be cancelled, and when.", "event_available", CancellationPolicy),
    Queue("Delay policies", "What the law asks when we are late; not legal advice.", "gavel", DelayPolicy),
    Queue("Queue policies", "Who is served first, and who lends to whom.", "sort", QueuePolicy),
    Queue("Release policies", "How much must be ready before it goes.", "output", ReleasePolicy),
    Queue("Planning policies", "How far ahead and how surely we buy.", "shopping_cart", PlanningPolicy),
    Queue("Run variants", "Backorder runs saved under a name.", "bookmark", RunVariant),
    Queue("Telling policies", "When customers are written to.", "forward_to_inbox", TellingPolicy),
    Queue("Letters", "Messages in words of your own.", "edit_note", LetterTemplate),
    Queue("Promotions", "Days on which demand is pushed on purpose.", "sell", Promotion),
    Queue("Channels", "Where orders come from.", "storefront", Channel),
    Queue("Locations", "What ships from where, on which days.", "location_on", Location),
    Queue("Ways to tell", "Which messages we mail, and which Klaviyo tells.", "route", Route),
    Queue("Klaviyo", "Accounts that tell customers by flows of their own.", "campaign", KlaviyoAccount),
    Queue("Payment accounts", "Providers that move money for us.", "account_balance", PaymentAccount),
    Queue("Suppliers", "Who sells us what, how fast.", "factory", Supplier),
    Queue("API clients", "Programs with a key.", "key", ApiClient),
    Queue("Schedule", "Jobs that run by themselves.", "schedule", PeriodicTask),
)

GROUPS = (
    ("Needs a person", "Empty is good.", NEEDS_A_PERSON),
    ("Look up", "Everything there is to know.", LOOK_UP),
    ("Policy", "What we decide; each change is kept in history.", POLICY),
)
