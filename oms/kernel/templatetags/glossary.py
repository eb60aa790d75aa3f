"""The glossary's words in the admin's sentences, each leading to what it means."""

from django import template

from oms.kernel import glossary

register = template.Library()

register.filter("glossed", glossary.glossed)
