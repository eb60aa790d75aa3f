"""`{% say "key" name=value %}`: the page's words in its language."""

from typing import Any

from django import template

from oms.portal.words import say as words

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: template.Context, key: str, **values: Any) -> str:
    """The words for `key`, escaped like any other value."""
    return words(context["language"], key, **values)
