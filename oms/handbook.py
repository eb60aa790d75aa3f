"""The pages of docs/ in the admin: the glossary, the guided first day, the decisions."""

import posixpath
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from markdown_it import MarkdownIt
from markdown_it.token import Token

from oms.kernel import glossary

DOCS = settings.BASE_DIR / "docs"
PICTURES = {".png", ".webp"}


def page(request: HttpRequest, name: str) -> HttpResponseBase:
    """A page of docs/ by its name without `.md`, or a picture in it; 404 for anything else."""
    if name in _pictures():
        return FileResponse((DOCS / name).open("rb"))
    if name not in _pages():
        raise Http404
    title, html = rendered(name)
    context = {**admin.site.each_context(request), "title": title, "html": html, "others": _contents()}
    return TemplateResponse(request, "workplace/handbook.html", context)


def links(request: HttpRequest) -> list[dict[str, Any]]:
    """The side bar's ways to help."""
    books = (("First day", "school", "first-day"), ("Glossary", "dictionary", "glossary"))
    kept = [
        (title, icon, reverse("handbook", args=(name,))) for title, icon, name in books if name in _pages()
    ]
    pages = [*kept, ("REST", "api", reverse("api-docs"))]
    return [
        {"title": title, "icon": icon, "link": link, "active": request.path == link}
        for title, icon, link in pages
    ]


@cache
def rendered(name: str) -> tuple[str, str]:
    """Title and HTML of a page; links stay within the handbook, headings and words have anchors."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse((DOCS / f"{name}.md").read_text())
    title = next((_text(tokens[at + 1]) for at, token in enumerate(tokens) if token.tag == "h1"), name)
    for at, token in enumerate(tokens):
        if token.type == "heading_open" or _begins_row(tokens, at):
            token.attrSet("id", glossary.anchor(tokens[at + 1].content))
        for part in token.children or []:
            _lead(part, posixpath.dirname(name))
    body = [token for at, token in enumerate(tokens) if "h1" not in (token.tag, tokens[at - 1].tag)]
    html: str = parser.renderer.render(body, parser.options, {})
    return title, html


def _begins_row(tokens: list[Token], at: int) -> bool:
    return tokens[at].type == "td_open" and tokens[at - 1].type == "tr_open"


def _text(token: Token) -> str:
    return "".join(part.content for part in token.children or [])


def _lead(part: Token, folder: str) -> None:
    """Point a link or a picture to where the handbook has it; leave what lies outside."""
    for attr in ("href", "src"):
        target = part.attrGet(attr)
        if not isinstance(target, str) or "://" in target:
            continue
        path, _, fragment = target.partition("#")
        name = posixpath.normpath(posixpath.join(folder, path)).removesuffix(".md")
        if name in _pages() or name in _pictures():
            there = reverse("handbook", args=(name,))
            part.attrSet(attr, f"{there}#{fragment}" if fragment else there)


@cache
def _pages() -> frozenset[str]:
    return frozenset(path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md"))


@cache
def _pictures() -> frozenset[str]:
    found = (path for path in DOCS.rglob("*") if path.suffix in PICTURES)
    return frozenset(path.relative_to(DOCS).as_posix() for path in found)


def _contents() -> list[dict[str, Any]]:
    """The first pages first, then the decisions."""
    names = sorted(_pages(), key=lambda name: (name.count("/"), name))
    return [{"title": rendered(name)[0], "address": reverse("handbook", args=(name,))} for name in names]
