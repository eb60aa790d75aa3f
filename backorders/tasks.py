"""The jobs: each reads what to do from rows, calls one command, and may run any number of times."""

from celery import shared_task
from django.conf import settings

from backorders import (
    asking,
    campaigning,
    cancelling,
    carts,
    choosing,
    deadlines,
    midway,
    planning,
    releasing,
    replanning,
    retaining,
    running,
    surprises,
    watching,
    withdrawing,
)
from backorders.insight import refreshing
from oms.kernel import nudge
from oms.kernel.actors import job


@shared_task
def replan_marked() -> int:
    """Plan marked SKUs again, then release what became ready."""
    done = replanning.replan_marked()
    if done:
        releasing.release_ready(sku_ids=done)
    return len(done)


@shared_task
def release_waiting() -> int:
    """Release allocated goods that nothing else released: orders just accepted, days just reached."""
    return len(releasing.release_ready(sku_ids=releasing.waiting_skus()))


@shared_task
def sweep_deadlines() -> int:
    """Answer for customers whose deadline has passed, and end what is too late by law or policy."""
    by_law = choosing.sweep_deadlines() + deadlines.sweep()
    return by_law + cancelling.cancel_too_late() + cancelling.cancel_unpaid()


@shared_task
def expire_cart_holds() -> int:
    """Free what carts no longer hold."""
    return carts.expire_cart_holds()


@shared_task
def settle_withdrawals() -> int:
    """Act on what customers declared, and again once the warehouse has given goods back or sent them."""
    return withdrawing.settle_received()


@shared_task
def nightly() -> int:
    """Look at overdue supply, advise the buyer, audit the books, and purge records whose time is over."""
    done = planning.nightly()
    retaining.purge_old()
    return done


@shared_task
def work_on_run(run_id: int) -> None:
    """Go on with a backorder run; what does not fit into one turn is nudged again."""
    if running.work(run_id):
        nudge.nudge(running.TASK, run_id)


@shared_task
def sweep_runs() -> None:
    """Go on with backorder runs whose worker died or whose nudge was lost."""
    for run_id in running.unfinished():
        nudge.nudge(running.TASK, run_id)


@shared_task
def start_nightly_runs() -> int:
    """Start the variants that are written every night, and forget old dry runs."""
    running.forget_old()
    return len(running.start_nightly(actor=job("nightly")))


@shared_task
def start_variant(name: str) -> int:
    """Start one saved variant, written; for a time of its own in the schedule."""
    return running.start_named(name, actor=job("schedule")).pk


@shared_task
def keep_told() -> int:
    """Tell what is due by itself: reminders, the word midway, what is back; end campaigns that are over."""
    told = asking.remind_cases() + midway.tell_midway() + watching.tell_waves()
    campaigning.end_finished()
    return told


@shared_task
def explain_fresh() -> int:
    """Look again at why fresh backorders wait, with demand and signals in view."""
    return surprises.explain_fresh()


@shared_task
def roll_kpis() -> int:
    """Sum the key figures of the days that something touched, and draw the first screen's board."""
    return refreshing.refresh(zone=settings.TIME_ZONE)
