"""Letters in words of the shop's own: edited with a preview beside them, checked before they are saved."""

import secrets
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from backorders.rules.types import WaitMode
from notifications import linting, outbox
from notifications.kinds import KINDS, LEGAL
from notifications.models import Address, LetterTemplate, Message
from notifications.outbox import NewMessage
from notifications.rendering import LETTERS, render_body
from notifications.samples import SAMPLES
from oms.api.locks import locked
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin, HouseAdmin
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm

PERMISSION = "notifications.try_letter"
MODES = [("", "any wait"), *((mode.value, mode.replace("_", " ")) for mode in WaitMode)]


class TemplateForm(forms.ModelForm[LetterTemplate]):
    """Refuses what cannot be rendered, and a legal notice that is none."""

    kind = forms.ChoiceField(choices=[(kind, shown.spelt(kind)) for kind in KINDS])
    language = forms.ChoiceField(choices=settings.LANGUAGES)
    mode = forms.ChoiceField(choices=MODES, required=False)
    seen_version = forms.IntegerField(widget=forms.HiddenInput(), required=False)
    why = forms.CharField(
        max_length=100, label="Why this change", widget=UnfoldAdminTextInputWidget(), required=True
    )

    class Meta:
        model = LetterTemplate
        fields = ("kind", "language", "mode", "region", "body", "is_active")
        widgets: ClassVar[dict[str, Any]] = {
            "body": UnfoldAdminTextareaWidget(attrs={"rows": 24, "spellcheck": "true"})
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "seen_version" in self.fields:
            self.fields["seen_version"].initial = self._stored_version()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        seen, stored = data.get("seen_version"), self._stored_version()
        if seen is not None and stored is not None and seen != stored:
            raise forms.ValidationError("Somebody saved this letter while you were editing it. Look again.")
        if data.get("body") and data.get("kind") and data.get("language"):
            for fault in linting.faults(data["kind"], data["language"], data["body"]):
                self.add_error("body", fault)
        return data

    def _stored_version(self) -> int | None:
        rows = LetterTemplate.objects.filter(pk=self.instance.pk) if self.instance.pk else None
        return rows.values_list("version", flat=True).first() if rows is not None else None


class TestForm(AskForm):
    """Where a try goes."""

    recipient = forms.EmailField(label="To")


class SendTest(Button[LetterTemplate]):
    """Send this letter, with the facts of the latest such message, to somebody of the house."""

    slug = "send-test"
    label = "Send a test"
    says = "Sends the letter as it is saved, with the facts of the latest message of its kind, to you."
    icon = "outgoing_mail"
    permission = PERMISSION
    form = TestForm

    def initial(self) -> dict[str, Any]:
        return {"recipient": getattr(self.request.user, "email", "")}

    def press(self, data: dict[str, Any]) -> Done:
        row = self.row
        outbox.tell(
            messages=[
                NewMessage(
                    key=f"test:{row.pk}:{secrets.token_hex(8)}",
                    kind=row.kind,
                    recipient=data["recipient"],
                    locale=row.language,
                    subject_ref="",
                    context={**facts_for(row.kind), "region": row.region, "template": row.pk},
                )
            ]
        )
        return Done(f"A test is on its way to {data['recipient']}.")


@admin.register(LetterTemplate)
class LetterTemplateAdmin(SimpleHistoryAdmin, HouseAdmin):
    """Letters of the shop's own."""

    about = (
        "Words of your own for a kind of message. The most specific speaks: mode and region, then mode, then "
        "region, then neither; where none does, the shipped letter. Legal notices are checked."
    )
    about_page = (
        "A message in your own words, with a preview. Legal notices must keep what the law wants said."
    )
    when_empty = "All letters go out as shipped. Add one to put it in your own words."
    form = TemplateForm
    page = "workplace/template.html"
    buttons = (SendTest,)
    change_form_template = "workplace/template_form.html"
    history_list_display = ("version",)
    list_display = ("kind_words", "language", "mode", "region", "version", "is_active")
    list_filter = ("kind", "language", "is_active")
    search_fields = ("kind",)
    sortable_by: Any = ()
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("kind", "language"),
                    ("mode", "region"),
                    "body",
                    "is_active",
                    "why",
                    "seen_version",
                )
            },
        ),
    )

    def get_urls(self) -> list[URLPattern | URLResolver]:
        seen = self.admin_site.admin_view(self.preview_view)
        own: list[URLPattern | URLResolver] = [
            path("preview/", seen, name="notifications_lettertemplate_preview")
        ]
        return own + super().get_urls()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str]:
        """A new letter starts from the shipped one."""
        asked: dict[str, str] = super().get_changeform_initial_data(request)
        kind, language = asked.get("kind", "confirmation"), asked.get("language", "en")
        if kind in KINDS and language in dict(settings.LANGUAGES):
            asked.setdefault("kind", kind)
            asked.setdefault("language", language)
            asked.setdefault("body", (LETTERS / kind / f"{language}.txt").read_text(encoding="utf-8"))
        return asked

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What the form's words would look like on a real message; nothing is saved."""
        if not (
            request.user.has_perm(PERMISSION) or request.user.has_perm("notifications.add_lettertemplate")
        ):
            raise PermissionDenied
        kind, language = request.POST.get("kind", ""), request.POST.get("language", "en")
        body = request.POST.get("body", "")
        faults = linting.faults(kind, language, body)
        context: dict[str, Any] = {"faults": faults, "is_legal": kind in LEGAL}
        try:
            if not any("is not for letters" in fault or "is no fact" in fault for fault in faults):
                context["letter"] = render_body(body, language, facts_for(kind))
        except Exception as error:
            context["faults"] = [*faults, f"On the latest message it fails: {error}"]
        answer = TemplateResponse(request, "workplace/preview.html", context)
        answer["X-Frame-Options"] = "SAMEORIGIN"
        return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            # A version never goes back, also when an old one is brought back.
            obj.version = locked(LetterTemplate.objects.all()).get(pk=obj.pk).version
        obj._change_reason = form.cleaned_data.get("why", "")
        super().save_model(request, obj, form, change)

    @admin.display(description="Kind")
    def kind_words(self, row: LetterTemplate) -> str:
        words = shown.spelt(row.kind)
        return shown.side_by_side((words, shown.chip("legal", "warn"))) if row.kind in LEGAL else words


def facts_for(kind: str) -> dict[str, Any]:
    """The facts of the latest message of a kind, an example where there is none."""
    latest = Message.objects.filter(kind=kind).exclude(key__startswith="test:").order_by("-id").first()
    return {**SAMPLES.get(kind, {}), **(latest.context if latest else {})}


@admin.register(Address)
class AddressAdmin(FactAdmin):
    """What we know of addresses."""

    about = "Addresses that mail does not reach, and whose owners want nothing but what an order needs."
    about_page = "An address that mail does not reach, or whose owner wants only what an order needs."
    when_empty = "No mail has bounced, and nobody complained."
    list_display = ("email", "bounced", "complained", "opted_out")
    search_fields = ("=email",)

    @admin.display(description="Bounced")
    def bounced(self, row: Address) -> str:
        return shown.instant(row.bounced_at)

    @admin.display(description="Complained")
    def complained(self, row: Address) -> str:
        return shown.instant(row.complained_at)

    @admin.display(description="Opted out")
    def opted_out(self, row: Address) -> str:
        return shown.instant(row.opted_out_at)
