"""The admin's first screen and side bar: what needs a person, what can be looked up, what is policy."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, DateField, F, IntegerField, Model, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
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
    RunVariant,
    SkuForecast,
    StockWatch,
    TellingPolicy,
    Withdrawal,
)
from inventory.models import Location, ProductionOrder, Sku, Supply, Transfer
from notifications.models import LetterTemplate, MailboxMail, Message, Route
from oms import board, handbook
from oms.api.models import ApiClient
from oms.connectors.models import Inbound, KlaviyoAccount
from oms.kernel import clock, shown
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
    stuck_replans,
    waiting_picks,
)
from purchasing.models import InboundShipment, PurchaseLine, PurchaseOrder, Receipt, Signal, Supplier

# Queue rows as read: primary key, name, word beside it, day that matters.
Row = tuple[int, str, str, date | None]

COUNTED_AT_MOST, SHOWN_AT_ONCE = 99, 3


@dataclass(frozen=True, slots=True)
class Work:
    """Rows that need a person, with lookup paths to their name, a word beside it and the day that matters."""

    rows: Callable[[], QuerySet[Any]]
    name: str
    beside: str
    day: str = ""

    def told(self, number: int) -> QuerySet[Any]:
        """The most urgent rows in one shape for all queues, so that one query reads them all."""
        when = Cast(F(self.day), DateField()) if self.day else Cast(Value(None), DateField())
        said = self.rows().annotate(
            queue_no=Value(number, output_field=IntegerField()),
            called=Cast(F(self.name), CharField()),
            aside=Cast(F(self.beside), CharField()),
            on=when,
        )
        ordered = said.order_by(*([self.day] if self.day else []), "pk")
        rows: QuerySet[Any] = ordered.values_list("queue_no", "pk", "called", "aside", "on")
        return rows[: COUNTED_AT_MOST + 1]


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


@dataclass(frozen=True, slots=True)
class Card:
    """A queue as the first screen draws it; `count` is empty where nothing is counted."""

    queue: Queue
    count: str = ""
    first: Sequence[dict[str, str]] = ()


def _today() -> date:
    return clock.now().date()


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


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The first screen: work with counts and its most urgent rows, read with one query."""
    work = [queue for queue in NEEDS_A_PERSON if queue.is_for(request)]
    cards = {queue.title: card for queue, card in zip(work, _counted(work), strict=True)}
    groups = [
        {
            "title": title,
            "what": what,
            "cards": sorted(
                (cards.get(queue.title, Card(queue)) for queue in queues if queue.is_for(request)),
                key=lambda card: card.count == "0",
            ),
            "is_work": queues is NEEDS_A_PERSON,
        }
        for title, what, queues in GROUPS
    ]
    return {
        **context,
        "groups": [group for group in groups if group["cards"]],
        "title": "Today",
        "board": board.panels(request),
    }


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The same groups as links."""
    linked = [
        {
            "title": title,
            "collapsible": queues is not NEEDS_A_PERSON,
            "items": _links(queues, request),
        }
        for title, _, queues in GROUPS
    ]
    today = {"items": [{"title": "Today", "icon": "today", "link": reverse("admin:index")}]}
    return [today, *linked, {"title": "Help", "collapsible": True, "items": handbook.links(request)}]


def _links(queues: Sequence[Queue], request: HttpRequest) -> list[dict[str, Any]]:
    """The lists this person may look at; among those to look up also the page that is no list."""
    links = [_linked(queue, request) for queue in queues if queue.is_for(request)]
    if queues is LOOK_UP:
        links += board.page_links(request)
    return links


def _linked(queue: Queue, request: HttpRequest) -> dict[str, Any]:
    here = request.path == shown.list_of(queue.model)
    is_active = here and (queue.query in request.GET.urlencode() if queue.query else not request.GET)
    return {"title": queue.title, "icon": queue.icon, "link": queue.address, "active": is_active}


def _counted(queues: Sequence[Queue]) -> list[Card]:
    asked = [queue.work.told(number) for number, queue in enumerate(queues) if queue.work]
    if not asked:
        return []
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for number, *row in asked[0].union(*asked[1:], all=True):
        found[number].append((row[0], row[1], row[2], row[3]))
    return [_card(queue, found[number]) for number, queue in enumerate(queues)]


def _card(queue: Queue, rows: list[Row]) -> Card:
    """Count up to the bound, and name the most urgent rows."""
    rows.sort(key=lambda row: (row[3] or date.max, row[0]))
    count = f"{COUNTED_AT_MOST}+" if len(rows) > COUNTED_AT_MOST else str(len(rows))
    first = [
        {
            "address": shown.page_of_pk(queue.model, pk),
            "name": name,
            "beside": beside.replace("_", " "),
            "when": shown.distance(on, _today()),
        }
        for pk, name, beside, on in rows[:SHOWN_AT_ONCE]
    ]
    return Card(queue, count, first)
