"""Campaigns: what one slip put to customers, how it stands, and the buttons that steer it."""

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backorders import campaigning
from backorders.admin.policies import PolicyAdmin, PolicyForm
from backorders.campaigning import Part
from backorders.models import Campaign, DelayCase, StockWatch, TellingPolicy, WaitUpdate
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin, dated
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.filters import Choice
from oms.kernel.admin.forms import AskForm

PERMISSION = "backorders.steer_campaign"
# How outcomes are called, in the order in which they are shown; what else closed a case comes after.
OUTCOMES = {
    "open": "no answer yet",
    "wait": "wait",
    "switch": "switch",
    "ship_ready": "ship what is ready",
    "cancel": "cancel",
    "silent": "silent",
}
NOTICES = {
    "untold": "being written",
    "queued": "queued",
    "sending": "queued",
    "held": "held back",
    "sent": "told",
    "otherwise": "told another way",
    "failed": "bounced or failed",
    "bounced": "bounced or failed",
}


TOLD = frozenset({"sent", "otherwise"})


class Remind(Button[Campaign]):
    """Ask whoever has not answered once more."""

    slug = "remind"
    label = "Remind once"
    says = "Writes once more to everybody who has not answered. It can be done once per campaign."
    icon = "notification_important"
    tone = "go"
    permission = PERMISSION
    form = AskForm

    def is_offered(self) -> bool:
        return not (self.row.ended_at or self.row.stopped_at or self.row.reminded_at)

    def press(self, data: dict[str, Any]) -> Done:
        campaigning.remind(campaign_id=self.row.pk, actor=self.actor)
        return Done("Everybody who has not answered is written to once more.")


class Stop(Button[Campaign]):
    """Hold everything back."""

    slug = "stop"
    label = "Stop"
    says = (
        "Holds back every notice that has not left yet, and all deadlines: nobody's silence is taken for an "
        "answer until it goes on. What was sent stays sent. The law of delay waits for nobody: go on soon."
    )
    icon = "pause_circle"
    permission = PERMISSION
    form = AskForm

    def is_offered(self) -> bool:
        return not (self.row.ended_at or self.row.stopped_at)

    def press(self, data: dict[str, Any]) -> Done:
        campaigning.stop(campaign_id=self.row.pk, actor=self.actor)
        return Done("Stopped: notices and deadlines are held back.")


class GoOn(Button[Campaign]):
    """Let a stopped campaign go on."""

    slug = "go-on"
    label = "Go on"
    says = "Sends what was held back; deadlines move by as long as it stood still."
    icon = "play_circle"
    tone = "go"
    permission = PERMISSION
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.stopped_at is not None and self.row.ended_at is None

    def press(self, data: dict[str, Any]) -> Done:
        campaigning.go_on(campaign_id=self.row.pk, actor=self.actor)
        return Done("It goes on.")


class StandingFilter(Choice):
    """Campaigns by how far they are."""

    title = "standing"
    parameter_name = "standing"
    options = {
        "open": ("still open", {"ended_at": None}),
        "stopped": ("stopped", {"ended_at": None, "stopped_at__isnull": False}),
        "ended": ("ended", {"ended_at__isnull": False}),
    }


@admin.register(Campaign)
class CampaignAdmin(FactAdmin):
    """Campaigns, newest first."""

    about = "One slip, everybody it concerns: who was told, who answered what, and what it is worth."
    about_page = (
        "Everybody one slip concerns: how many were told, what they answered, who is still silent, and "
        "what it is worth."
    )
    when_empty = "No supply has slipped past a promise yet."
    page = "workplace/campaign.html"
    buttons = (Remind, Stop, GoOn)
    list_display = ("source", dated("expected_on", "Moved to"), "cause_words", "opened", "standing")
    list_filter = (StandingFilter,)
    search_fields = ("source",)
    ordering = ("-id",)

    def title_of(self, row: Campaign) -> str:
        return f"{row.source}: {shown.day(row.expected_on, 'no day')}"

    @admin.display(description="Why")
    def cause_words(self, row: Campaign) -> str:
        return shown.cause(row.cause)

    @admin.display(description="Begun")
    def opened(self, row: Campaign) -> str:
        return shown.instant(row.opened_at)

    @admin.display(description="State")
    def standing(self, row: Campaign) -> str:
        if row.ended_at:
            return shown.chip("ended", "good")
        return shown.chip("stopped", "bad") if row.stopped_at else shown.chip("open", "warn")

    def page_context(self, request: HttpRequest, row: Campaign) -> dict[str, Any]:
        parts = campaigning.progress(row.pk)
        return {
            "state": self.standing(row),
            "lines": sum(part.lines for part in parts),
            "worth": _worth(parts),
            "bars": _bars(parts),
            "outcomes": _table(parts, OUTCOMES, "outcome", row),
            "notices": _table(parts, NOTICES, "notice", row),
            "entitled": [_entitled(found) for found in campaigning.entitled(row.pk)],
            "cases": shown.list_of(DelayCase, f"campaign__id__exact={row.pk}"),
        }


def _worth(parts: Iterable[Part]) -> str:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for part in parts:
        sums[part.currency] += part.value
    return " + ".join(shown.money(value, currency) for currency, value in sorted(sums.items()))


def _bars(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """How much of it is told, and how much is answered, of a hundred."""
    parts = list(parts)
    all_lines = sum(part.lines for part in parts) or 1
    told = sum(part.lines for part in parts if part.notice in TOLD)
    answered = sum(part.lines for part in parts if part.outcome != "open")
    return [
        {"label": "Told", "lines": told, "percent": 100 * told // all_lines},
        {"label": "Answered or over", "lines": answered, "percent": 100 * answered // all_lines},
    ]


def _table(parts: Iterable[Part], words: dict[str, str], column: str, row: Campaign) -> list[dict[str, Any]]:
    of_word: defaultdict[str, list[Part]] = defaultdict(list)
    # Codes of one word share the first of them, which is what the list of cases is filtered by.
    code_of = {word: code for code, word in reversed(words.items())}
    for part in parts:
        code = getattr(part, column)
        word = words.get(code, shown.spelt(code))
        code_of.setdefault(word, code)
        of_word[word].append(part)
    order = list(dict.fromkeys(words.values()))
    return [
        {
            "word": word,
            "lines": sum(part.lines for part in mine),
            "worth": _worth(mine),
            "address": shown.list_of(DelayCase, f"campaign__id__exact={row.pk}&{column}={code_of[word]}"),
        }
        for word, mine in sorted(
            of_word.items(), key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order)
        )
    ]


def _entitled(found: tuple[Any, ...]) -> dict[str, Any]:
    choices, silence, currency, lines, value, first = found
    return {
        "choices": [shown.spelt(choice) for choice in json.loads(choices)],
        "silence": silence,
        "lines": lines,
        "worth": shown.money(value, currency),
        "by": shown.deadline(first),
    }


class TellingPolicyForm(PolicyForm):
    """What cannot be meant."""

    class Meta:
        model = TellingPolicy
        labels = {
            "update_days": "Word midway, days before",
            "wave_factor": "Told per unit that is back",
            "wave_hours": "Hours between waves",
            "watch_way": "Told by",
            "product_url": "Page of a SKU",
            "quiet_from": "Quiet from, hour",
            "quiet_until": "Quiet until, hour",
        }
        fields = (
            *("name", "channel", "update_days", "watch_way", "wave_factor", "wave_hours", "product_url"),
            *("quiet_from", "quiet_until"),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        begins, ends = data.get("quiet_from"), data.get("quiet_until")
        if (begins is None) != (ends is None) or (begins is not None and begins == ends):
            self.refuse("quiet_until", "Quiet hours need a beginning and another end: fill both, or neither.")
        same = TellingPolicy.objects.filter(channel=data.get("channel")).exclude(pk=self.instance.pk)
        if same.exists():
            self.refuse("channel", "There is a policy for just this already.")
        return data


@admin.register(TellingPolicy)
class TellingPolicyAdmin(PolicyAdmin):
    """Telling policies."""

    about = "When customers are written to. The policy of a channel speaks before the one for all."
    about_page = (
        "When customers of this channel hear from us: before the quoted date, at which hours, in which waves."
    )
    when_empty = (
        "Without a policy who waits hears a week before the quoted date, at any hour, and who asked for a "
        "SKU hears in waves of one and a half times what is back."
    )
    form = TellingPolicyForm
    list_display = ("name", "scope", "update_days", "watch_way", "wave_factor", "wave_hours", "quiet")
    list_select_related = ("channel",)
    autocomplete_fields = ("channel",)
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "channel", "seen_version")}),
        ("Who waits", {"fields": ("update_days",)}),
        ("Who asked for it", {"fields": ("watch_way", ("wave_factor", "wave_hours"), "product_url")}),
        ("Quiet hours, in the house's zone", {"fields": (("quiet_from", "quiet_until"),)}),
        ("Why", {"fields": ("why",)}),
    )

    @admin.display(description="For")
    def scope(self, row: Any) -> str:
        return str(row.channel or "every channel")

    @admin.display(description="Quiet")
    def quiet(self, row: TellingPolicy) -> str:
        return "never" if row.quiet_from is None else f"{row.quiet_from:02}:00–{row.quiet_until:02}:00"


class ToldFilter(Choice):
    """Requests by whether they were answered."""

    title = "told"
    parameter_name = "told"
    options = {
        "no": ("not told yet", {"told_at": None}),
        "yes": ("told", {"told_at__isnull": False}),
    }


@admin.register(StockWatch)
class StockWatchAdmin(FactAdmin):
    """Who wants to be told when a SKU is back."""

    about = "Who asked to be told when a SKU is back. They are told in waves, the oldest first."
    about_page = "Who wants to hear when this SKU is back, and whether they did."
    when_empty = "Nobody asked to be told when something is back."
    list_display = ("sku_words", "channel", "email", "created", "told")
    list_filter = (ToldFilter,)
    list_select_related = ("sku", "channel")
    search_fields = ("=email", "=sku__code")
    ordering = ("-id",)

    @admin.display(description="Asked")
    def created(self, row: StockWatch) -> str:
        return shown.instant(row.created_at)

    @admin.display(description="Told")
    def told(self, row: StockWatch) -> str:
        """When, or that Klaviyo has it, or why it does not."""
        if row.handed_at and not row.told_at:
            return shown.chip("Klaviyo's flow has it", "good")
        return (
            shown.lines((shown.instant(row.told_at), shown.muted(row.refused)))
            if row.refused
            else (shown.instant(row.told_at))
        )


@admin.register(WaitUpdate)
class WaitUpdateAdmin(FactAdmin):
    """Promises whose customer heard midway where it stands."""

    about = "Whom we wrote to before the quoted date, once per promise."
    about_page = "One customer written to before the date we quoted."
    when_empty = "Nobody had to be written to before a quoted date."
    to_begin = (("Telling policies", "admin:backorders_tellingpolicy_changelist"),)
    list_display = ("at_words", "line", "ships")
    list_select_related = ("promise__order_line__order",)
    search_fields = ("promise__order_line__order__number",)
    ordering = ("-id",)

    @admin.display(description="Written")
    def at_words(self, row: WaitUpdate) -> str:
        return shown.instant(row.at)

    @admin.display(description="Line")
    def line(self, row: WaitUpdate) -> str:
        return shown.link(row.promise.order_line)

    @admin.display(description="Promised to ship")
    def ships(self, row: WaitUpdate) -> str:
        promise = row.promise
        return shown.link(promise, shown.window(promise.ships_earliest, promise.ships_latest))
