"""People who use the admin, a small world to look at, and buttons to press."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from oms.kernel import clock
from tests.world import World


class Desk:
    """One person's browser, with the words of the admin's own addresses."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def rows(self, model: type[Model], query: str = "") -> HttpResponse:
        """Open a list."""
        return self._get(f"{address(model, 'changelist')}?{query}")

    def page(self, row: Model) -> HttpResponse:
        """Open a row's page."""
        return self._get(address(type(row), "change", row.pk))

    def offers(self, row: Model) -> list[str]:
        """The buttons on a row's page, by their slugs."""
        return re.findall(r'href="\.\./do/([\w-]+)/"', self.page(row).content.decode())

    def asks(self, row: Model, slug: str) -> HttpResponse:
        """Open a button's form."""
        return self._get(address(type(row), "do", row.pk, slug))

    def presses(self, row: Model, slug: str, **data: Any) -> HttpResponse:
        """Fill a button's form and send it."""
        return self._post(address(type(row), "do", row.pk, slug), data)

    def confirms(self, row: Model, slug: str, **data: Any) -> HttpResponse:
        """Look at the preview, then say yes to exactly that."""
        seen: Any = self.presses(row, slug, **data)
        return self.presses(row, slug, **data, _confirmed=seen.context["fingerprint"])

    def presses_in_list(self, model: type[Model], slug: str, **data: Any) -> HttpResponse:
        """The same for a button in a list's head."""
        return self._post(address(model, "do_all", slug), data)

    def saves(self, row: Model, **data: Any) -> HttpResponse:
        """Change a policy by its form."""
        return self._post(address(type(row), "change", row.pk), data)

    def _get(self, path: str) -> HttpResponse:
        response: HttpResponse = self.client.get(path)  # type: ignore[assignment]
        return response

    def _post(self, path: str, data: dict[str, Any]) -> HttpResponse:
        response: HttpResponse = self.client.post(path, data)  # type: ignore[assignment]
        return response


class Hire(Protocol):
    """Gives the desk of a new member of a group."""

    def __call__(self, group: str) -> Desk: ...


def address(model: type[Model], what: str, *args: Any) -> str:
    """An address in the admin."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


def refusal(response: HttpResponse) -> str:
    """Everything a form says is wrong, as text."""
    form = response.context["form"]  # type: ignore[attr-defined]
    return " ".join(str(word) for words in form.errors.values() for word in words)


@pytest.fixture
def hire(db: None) -> Hire:
    """Makes people of a group and sits them down."""
    call_command("sync_groups", verbosity=0)

    def hired(group: str) -> Desk:
        person, _ = User.objects.get_or_create(username=group.replace(" ", "-"), is_staff=True)
        person.groups.add(Group.objects.get(name=group))
        return _seated(person)

    return hired


def _seated(person: User) -> Desk:
    client = Client()
    client.force_login(person)
    return Desk(client)


@pytest.fixture
def desk(db: None) -> Desk:
    """The desk of anna, who may do everything."""
    return _seated(User.objects.create_superuser("anna"))


@pytest.fixture
def world(db: None, frozen: clock.Journey) -> Iterator[World]:
    """A world whose clock stands still; its books must balance when the test ends."""
    told = World()
    yield told
    assert told.books_balance()


@pytest.fixture
def nobody(hire: Hire) -> Callable[[Model, str], None]:
    """Checks that somebody who may only look neither sees a button nor gets through by its address."""

    def checked(row: Model, slug: str) -> None:
        reader = hire("read-only")
        assert slug not in reader.offers(row)
        assert reader.asks(row, slug).status_code == 403
        assert reader.presses(row, slug).status_code == 403

    return checked
