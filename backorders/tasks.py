"""The jobs: each reads what to do from rows, calls one command, and may run any number of times."""

from celery import shared_task

from backorders import cancelling, carts, choosing, planning, releasing, replanning


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
    """Answer for customers whose deadline has passed, and end what is too late by policy."""
    return choosing.sweep_deadlines() + cancelling.cancel_too_late()


@shared_task
def expire_cart_holds() -> int:
    """Free what carts no longer hold."""
    return carts.expire_cart_holds()


@shared_task
def nightly() -> int:
    """Look at overdue supply, advise the buyer, and audit the books."""
    return planning.nightly()
