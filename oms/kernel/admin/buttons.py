"""Every change is a button: a small form that calls the command the API calls, and shows the same refusal."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from django.contrib import messages
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from oms.kernel import actors
from oms.kernel.actors import Actor
from oms.kernel.admin.forms import AskForm, CauseForm, WhyForm
from oms.kernel.errors import DomainError

Row = TypeVar("Row", bound=Model)

CONFIRMED = "_confirmed"
NOT_KEPT = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Done:
    """What a button did, in a sentence, and where to look next (the row's page unless said).

    A `secret` is shown on the very next page and never again: it is kept nowhere.
    """

    words: str
    look_at: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen, shown before it does; `template` renders `context`."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


class Button(Generic[Row]):
    """One command on one row (or, in a list's head, on none): who may, when, what it asks, what it does."""

    slug: ClassVar[str]
    label: ClassVar[str]
    says: ClassVar[str]
    permission: ClassVar[str]
    icon: ClassVar[str] = ""
    tone: ClassVar[str] = "plain"
    form: ClassVar[type[AskForm]] = CauseForm
    causes: ClassVar[tuple[str, ...]] = ()
    confirm_label: ClassVar[str] = ""

    def __init__(self, request: HttpRequest, row: Row) -> None:
        self.request = request
        self.row = row

    @property
    def actor(self) -> Actor:
        """The person who presses, as histories name them."""
        return actor_of(self.request)

    @classmethod
    def is_for(cls, user: AbstractUser | AnonymousUser) -> bool:
        """Whether this person may press it at all."""
        return user.has_perm(cls.permission)

    def is_offered(self) -> bool:
        """Whether it makes sense in the row's present state; the command is the judge when pressed."""
        return True

    def form_kwargs(self) -> dict[str, Any]:
        """What the form needs besides the data."""
        return {"causes": self.causes} if issubclass(self.form, WhyForm) else {}

    def initial(self) -> dict[str, Any]:
        """What the form already says."""
        return {}

    def preview(self, data: dict[str, Any]) -> Preview | None:
        """What pressing would do, to be looked at first; none if there is nothing to see."""
        return None

    def press(self, data: dict[str, Any]) -> Done:
        """Call the command; a DomainError is shown on the form and changes nothing."""
        raise NotImplementedError


def actor_of(request: HttpRequest) -> Actor:
    """The logged-in person as the doer."""
    return actors.user(request.user.get_username())


def answer(
    button: Button[Any], *, page: Mapping[str, Any], back: str, template: str = "workplace/ask.html"
) -> HttpResponse:
    """Show the button's form; on POST check it, preview it where there is a preview, press it."""
    request = button.request
    if not button.is_for(request.user):
        raise PermissionDenied
    form = _form_of(button)
    seen: Preview | None = None
    if request.method == "POST" and form.is_valid():
        try:
            seen = _still_to_be_seen(button, form)
            if seen is None:
                return _pressed(button, form, page, back)
        except DomainError as refusal:
            show_refusal(form, refusal)
    context = {**page, "button": button, "form": form, "back": back, "preview": seen}
    if seen:
        context |= {"confirm": CONFIRMED, "fingerprint": _fingerprint(form)}
    return TemplateResponse(request, template, context)


def _still_to_be_seen(button: Button[Any], form: AskForm) -> Preview | None:
    """The preview, unless it was looked at for exactly these figures."""
    if button.request.POST.get(CONFIRMED) == _fingerprint(form):
        return None
    return button.preview(form.cleaned_data)


def _fingerprint(form: AskForm) -> str:
    figures = repr(sorted(form.cleaned_data.items()))
    return hashlib.sha256(figures.encode()).hexdigest()[:16]


def _form_of(button: Button[Any]) -> AskForm:
    request = button.request
    if request.method == "POST":
        return button.form(request.POST, request.FILES, **button.form_kwargs())
    asked = {name: request.GET[name] for name in button.form.base_fields if name in request.GET}
    return button.form(initial={**button.initial(), **asked}, **button.form_kwargs())


def _pressed(button: Button[Any], form: AskForm, page: Mapping[str, Any], back: str) -> HttpResponse:
    done = button.press(form.cleaned_data)
    if done.secret:
        context = {**page, "button": button, "done": done, "back": done.look_at or back}
        return TemplateResponse(button.request, "workplace/secret.html", context, headers=NOT_KEPT)
    messages.success(button.request, done.words)
    return HttpResponseRedirect(done.look_at or back)


def show_refusal(form: AskForm, refusal: DomainError) -> None:
    """Put a refusal where it belongs: on the field it names, else above the form."""
    name = form.field_of(refusal.field)
    row = re.match(r"lines\[(\d+)\]", refusal.field) if name == "lines" else None
    form.add_error(name, f"Line {int(row[1]) + 1}: {refusal.message}" if row else refusal.message)
    for detail in refusal.details if isinstance(refusal.details, list) else []:
        if isinstance(detail, Mapping) and (words := detail.get("message")):
            form.add_error(None, str(words))


def offered(buttons: list[Button[Any]]) -> list[dict[str, str]]:
    """The buttons this person may press now, as the templates draw them."""
    return [
        {"label": button.label, "icon": button.icon, "tone": button.tone, "slug": button.slug}
        for button in buttons
        if button.is_for(button.request.user) and button.is_offered()
    ]
