"""Every periodic job, in one table; `manage.py sync_schedule` brings it into the database for beat."""

from dataclasses import dataclass

from celery.schedules import BaseSchedule, crontab, schedule

MINUTE = schedule(60.0)


@dataclass(frozen=True, slots=True)
class Job:
    """A job that runs by itself: the task it calls, when, and what that is good for."""

    name: str
    task: str
    when: BaseSchedule
    what: str


JOBS = (
    Job("re-plan marked SKUs", "backorders.tasks.replan_marked", MINUTE, "Finds marks whose nudge was lost."),
    Job(
        "release allocated goods",
        "backorders.tasks.release_waiting",
        schedule(15.0),
        "Hands to the warehouse what is allocated and may go: orders just accepted, days just reached.",
    ),
    Job(
        "deliver messages",
        "notifications.tasks.deliver_due",
        MINUTE,
        "Sends what waits, tries again what failed.",
    ),
    Job(
        "sweep deadlines", "backorders.tasks.sweep_deadlines", MINUTE, "Lets silence mean what the case says."
    ),
    Job(
        "keep customers told",
        "backorders.tasks.keep_told",
        MINUTE,
        "Writes before the quoted date, reminds, tells who asked what is back, ends finished campaigns.",
    ),
    Job(
        "expire cart holds",
        "backorders.tasks.expire_cart_holds",
        MINUTE,
        "Gives back what carts kept too long.",
    ),
    Job("move money", "oms.payments.tasks.send_due", MINUTE, "Captures and refunds at payment providers."),
    Job(
        "renew holds",
        "oms.payments.tasks.renew_authorisations",
        crontab(minute="20"),
        "Renews holds that end before the goods ship, or asks the customer.",
    ),
    Job(
        "settle withdrawals",
        "backorders.tasks.settle_withdrawals",
        MINUTE,
        "Acts on customers' withdrawals, also once the warehouse has let go of the goods.",
    ),
    Job(
        "explain backorders",
        "backorders.tasks.explain_fresh",
        MINUTE,
        "Finds what demand, promotions and supplier minimums have to do with fresh backorders.",
    ),
    Job(
        "sum key figures",
        "backorders.tasks.roll_kpis",
        schedule(300.0),
        "Sums the days that something touched, so that a year is answered at once.",
    ),
    Job("apply webhooks", "oms.connectors.tasks.apply_inbound", MINUTE, "Applies what other systems told."),
    Job("tell Klaviyo", "oms.connectors.tasks.tell_klaviyo", MINUTE, "Sends touchpoints as events."),
    Job("bulk jobs", "oms.api.tasks.sweep_bulk_jobs", MINUTE, "Goes on with bulk jobs that were cut off."),
    Job("backorder runs", "backorders.tasks.sweep_runs", MINUTE, "Goes on with runs that were cut off."),
    Job(
        "nightly backorder runs",
        "backorders.tasks.start_nightly_runs",
        crontab(hour="2", minute="0"),
        "Writes the run variants that are marked for the night.",
    ),
    Job(
        "forget old answers",
        "oms.api.tasks.forget_old_answers",
        crontab(hour="4", minute="0"),
        "Drops idempotency keys that no client repeats any more.",
    ),
    Job(
        "nightly",
        "backorders.tasks.nightly",
        crontab(hour="3", minute="0"),
        "Signals to purchasing, audit, KPIs.",
    ),
)
