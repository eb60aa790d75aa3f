"""Who hears what: the whole conversation between the apps on one screen."""

from collections.abc import Mapping, Sequence

from backorders import (
    allocating,
    cancelling,
    collecting,
    deadlines,
    promising,
    reaching,
    refunding,
    replanning,
    running,
)
from oms.kernel import events

HANDLERS: Mapping[type[events.Event], Sequence[events.Listener]] = {
    events.OrderAccepted: [promising.promise_order],
    events.OrderUnheld: [replanning.mark_order],
    events.QtyCancelled: [
        cancelling.ask_policy,
        refunding.owe,
        collecting.let_go,
        deadlines.close_cancelled,
        allocating.drop,
    ],
    events.GoodsShipped: [allocating.consume, deadlines.close_shipped, collecting.collect_shipped],
    events.ReturnInspected: [refunding.owe_returned],
    events.PickReturned: [allocating.take_back],
    events.SupplyAdded: [running.end_denials, replanning.mark_supplies],
    events.SupplyMoved: [replanning.mark_supplies],
    events.SupplyCut: [allocating.shed],
    events.StockArrived: [allocating.convert_pegs],
    events.StockCounted: [running.end_denials, replanning.mark_supply],
    events.HoldCleared: [running.end_denials, replanning.mark_supply],
    events.PolicyChanged: [replanning.mark_policy],
    events.PaymentRegistered: [collecting.collect_registered],
    events.RefundSent: [refunding.tell],
    events.PaymentFailed: [collecting.ask_customer],
    events.NoticeUnreached: [reaching.reach_otherwise],
}
# These tell the feed and the history; nothing of ours acts on them.
FEED_ONLY: frozenset[type[events.Event]] = frozenset(
    {
        events.OrderHeld,
        events.GoodsDelivered,
        events.PromiseMoved,
        events.BackorderReleased,
        events.ChoiceRecorded,
        events.CapReached,
        events.SignalRaised,
        events.PaymentCaptured,
        events.RefundRequested,
        events.RefundSettled,
        events.RefundFailed,
    }
)
