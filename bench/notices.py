"""The timings of a campaign; Django is set up on a database of its own before this is imported."""

import resource
import time

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rich.console import Console
from rich.table import Table

from backorders import asking, replanning
from backorders.models import Campaign, DelayCase
from bench import killing
from bench.cloning import columns_of
from bench.crowd import BENCH, LATER, QUEUE, World, shown, surroundings, timed
from notifications import delivery
from notifications.models import Message
from purchasing import changing

NOTICES = Message.objects.filter(kind="delay_notice")
TO_BE_KILLED = 1_000
# Files are served by another process; the page only names them.
UNCOLLECTED = "django.contrib.staticfiles.storage.StaticFilesStorage"
# What delivery leaves behind for each message: its mail, the try, and the message as it was sent.
_TOLD = """
WITH told AS (SELECT * FROM notifications_message WHERE id = %(id)s),
     mail AS (INSERT INTO notifications_mailboxmail (message_id, "to", sender, subject, text, html, at)
              SELECT 'bare-' || key, recipient, recipient, subject, text, html, now() FROM told),
     try AS (INSERT INTO notifications_attempt (message_id, at, is_accepted, error)
             SELECT id, now(), true, '' FROM told)
UPDATE notifications_message SET sent_at = now() WHERE id = %(id)s
"""


def main(url: str, seconds: float) -> int:
    """Slip one purchase with a long queue, tell everybody, and compare with bare rows of the same kind."""
    crowd = World("TOLD", *surroundings())
    crowd.fill(QUEUE)
    later = crowd.line.expected_on + LATER
    changing.change_line(line_id=crowd.line.pk, expected_on=later, cause="supplier_late", actor=BENCH)
    replanning.replan_sku(sku_id=crowd.sku.pk)
    table = Table(title=f"One campaign of {QUEUE:,} lines, durable PostgreSQL", width=110)
    for name in ("what", "ours", "floor", "ratio"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for row in (_written(), _told(seconds), _page()):
        table.add_row(*row)
    table.add_row("peak memory of the process", f"{_megabytes():,.0f} MB", "", "")
    found = killing.drill(url, NOTICES, most=TO_BE_KILLED)
    console = Console(width=110)
    console.print(table)
    console.print(found.in_words())
    asked = DelayCase.objects.filter(campaign=Campaign.objects.get()).exclude(notice_key="").count()
    return 0 if (NOTICES.count(), asked) == (QUEUE, QUEUE) and found.is_well else 1


def _written() -> tuple[str, ...]:
    ours = timed(asking.tell_cases)
    count = NOTICES.count()
    floor = timed(_bare_messages)
    return "notices written", *_rates(count / ours, count / floor)


@transaction.atomic
def _bare_messages() -> None:
    """Insert the same messages once more under other keys, in one statement, and take them back."""
    names = [name for name in columns_of("notifications_message") if name != "id"]
    values = ", ".join("m.key || '-bare'" if name == "key" else f"m.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO notifications_message ({', '.join(names)}) SELECT {values} "
            "FROM notifications_message m WHERE m.kind = 'delay_notice'"
        )
    transaction.set_rollback(True)


def _told(seconds: float) -> tuple[str, ...]:
    """One dispatcher, into our own mailbox; the floor writes the same rows, a transaction each."""
    began = time.perf_counter()
    ours = delivery.deliver_due(seconds=seconds) / (time.perf_counter() - began)
    sent = list(NOTICES.filter(state=Message.State.SENT).values_list("pk", flat=True))
    began, done = time.perf_counter(), 0
    with connection.cursor() as cursor:
        for pk in sent:
            cursor.execute(_TOLD, {"id": pk})
            done += 1
            if time.perf_counter() - began > seconds:
                break
    floor = done / (time.perf_counter() - began)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM notifications_mailboxmail WHERE message_id LIKE 'bare-%%'", [])
    return "messages told by one dispatcher", *_rates(ours, floor)


@override_settings(STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": UNCOLLECTED}})
def _page() -> tuple[str, ...]:
    """The campaign's page as a person opens it."""
    client = Client(headers={"host": "localhost"})
    client.force_login(get_user_model().objects.create_superuser("bench"))
    address = reverse("admin:backorders_campaign_change", args=[Campaign.objects.get().pk])
    client.get(address)
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as queries:
        status = client.get(address).status_code
    took = time.perf_counter() - began
    return f"the campaign's page, {len(queries)} queries, status {status}", shown(took), "", ""


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _rates(ours: float, floor: float) -> tuple[str, ...]:
    return f"{ours:,.0f}/s", f"{floor:,.0f}/s", f"{floor / ours:.1f} × the time"
