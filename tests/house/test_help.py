"""Every screen says what it is for, every empty list what to do, every button what it does."""

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from oms import handbook
from oms.kernel import glossary
from oms.kernel.admin.base import HouseAdmin, ToldAdmin
from oms.kernel.admin.buttons import Button

ADMINS = {model._meta.label: shown for model, shown in admin.site._registry.items()}
SENTENCE = re.compile(r"[A-Z“].{10,}[.?]")
# Answers to scripts and downloads, and pages of the theme that are no screens of work.
NO_SCREENS = {
    *("jsi18n", "autocomplete", "login", "logout", "search", "toggle_sidebar", "view_on_site"),
    *("password_change", "password_change_done", "backorders_backorder_kpis_file", "index", "app_list"),
    "notifications_lettertemplate_preview",
}


@pytest.mark.parametrize("asked", ["about", "about_page", "when_empty"])
def test_every_screen_says_what_it_is_for(asked: str) -> None:
    said = {label: getattr(shown, asked, "") for label, shown in ADMINS.items()}

    assert [label for label, words in said.items() if not SENTENCE.fullmatch(words)] == []


def test_every_button_says_what_it_does() -> None:
    buttons = {kind for shown in ADMINS.values() for kind in _buttons(shown)}

    assert len(buttons) > 40
    assert [kind.__name__ for kind in buttons if not SENTENCE.fullmatch(kind.says)] == []


def _buttons(shown: admin.ModelAdmin[object]) -> Iterator[type[Button[object]]]:  # type: ignore[type-var]
    if isinstance(shown, HouseAdmin):
        yield from (*shown.buttons, *shown.list_buttons)


def test_every_way_out_of_an_empty_list_leads_somewhere() -> None:
    ways = [way for shown in ADMINS.values() if isinstance(shown, ToldAdmin) for way in shown.to_begin]

    assert ways
    assert all(words and reverse(name) for words, name in ways)


def _names(patterns: list[URLPattern | URLResolver], taken: str = "") -> Iterator[str]:
    """The names of addresses of the admin that need no argument."""
    for pattern in patterns:
        route = f"{taken}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _names(pattern.url_patterns, route)
        elif pattern.name and not re.search(r"[<(]", route):
            yield pattern.name


def _screens() -> list[str]:
    found = next(
        part
        for part in get_resolver().url_patterns
        if isinstance(part, URLResolver) and part.namespace == "admin"
    )
    return sorted({name for name in _names(found.url_patterns) if name not in NO_SCREENS})


@pytest.mark.django_db
def test_every_page_shows_its_sentence() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("anna"))
    silent = []

    for name in _screens():
        answer = client.get(reverse(f"admin:{name}"), follow=True)
        if answer.status_code == 200 and not re.search(r'class="oms-about[^"]*">\S', answer.content.decode()):
            silent.append(name)

    assert " ".join(silent) == ""


@pytest.mark.django_db
def test_the_handbook_opens_for_staff_and_nobody_else() -> None:
    client, address = Client(), reverse("handbook", args=("glossary",))
    assert client.get(address).status_code == 302
    client.force_login(User.objects.create_superuser("anna"))

    page = client.get(address).content.decode()

    assert '<td id="delay-case">' in page
    assert f'href="{reverse("handbook", args=("decisions/0003-demand-is-a-row-of-its-own",))}"' in page
    assert client.get(reverse("handbook", args=("../README",))).status_code == 404


def test_a_sentence_leads_to_the_words_it_uses_once_each() -> None:
    page = reverse("handbook", args=("glossary",))

    said = glossary.glossed("A promise & its pegs; a promise is never edited.")

    promise = glossary.words()["promise"].meaning
    assert f'A <a class="oms-word" href="{page}#promise" title="{promise}">promise</a> &amp; its' in said
    assert said.count("oms-word") == 2


def test_every_link_between_pages_of_the_handbook_leads_somewhere() -> None:
    pages = [
        path.relative_to(handbook.DOCS).with_suffix("").as_posix() for path in handbook.DOCS.rglob("*.md")
    ]
    links = {
        link for page in pages for link in re.findall(r'(?:href|src)="([^"]+)"', handbook.rendered(page)[1])
    }

    lost = [link for link in links if not link.startswith(("http", "/admin/handbook/", "#", "mailto"))]

    assert lost == []
