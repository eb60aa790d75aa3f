"""Models: who may point at whom, seen in the admin, mentioned in a test, migrated by name."""

import re
from io import StringIO
from itertools import pairwise

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model

from tests.house.code import ROOT, Source, called, sources

ROWS = [{"kernel"}, {"inventory", "notifications"}, {"orders", "purchasing"}, {"payments"}, {"backorders"}]
ROWS += [{"api", "portal", "connectors"}]
ROW_OF = {label: number for number, row in enumerate(ROWS) for label in row}
OURS = [model for model in apps.get_models() if model._meta.app_label in ROW_OF]
# Copies that simple-history makes of the policies.
WRITTEN = [model for model in OURS if not hasattr(model, "history_object")]


def test_every_reference_points_down() -> None:
    assert [words for model in OURS for words in _references_up(model)] == []


def _references_up(model: type[Model]) -> list[str]:
    mine = model._meta.app_label
    fields = [field for field in model._meta.get_fields() if field.is_relation and field.concrete]
    targets = {field.name: field.related_model for field in fields}
    return [
        f"{model._meta.label}.{name} → {target._meta.label}"
        for name, target in targets.items()
        if isinstance(target, type) and (its := target._meta.app_label) in ROW_OF
        if its != mine and ROW_OF[its] >= ROW_OF[mine]
    ]


def test_every_model_is_seen_in_the_admin() -> None:
    admins = admin.site._registry
    inlined = {inline.model for shown in admins.values() for inline in shown.inlines}

    assert [model._meta.label for model in WRITTEN if model not in admins and model not in inlined] == []


def test_every_model_is_mentioned_in_a_test() -> None:
    tests = [source for source in sources("tests") if "house" not in source.path.parts]
    named = {word for source in tests for word in re.findall(r"\b[A-Z]\w+", source.text)}

    unmentioned = [
        model._meta.label for model in WRITTEN if not named & {model.__name__, f"{model.__name__}Factory"}
    ]

    assert unmentioned == []


def test_every_model_says_what_it_is() -> None:
    assert [model._meta.label for model in WRITTEN if not _has_own_docstring(model)] == []


def _has_own_docstring(model: type[Model]) -> bool:
    # Django writes a list of the fields where there is none.
    return bool(model.__doc__) and not (model.__doc__ or "").startswith(f"{model.__name__}(")


def test_migrations_are_named_by_what_they_do() -> None:
    unnamed = [
        str(source) for source in _migrations() if re.match(r"\d{4}_(auto_|initial$)", source.path.stem)
    ]

    assert unnamed == []
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+", source.path.stem) for source in _migrations())


def _migrations() -> list[Source]:
    found = sources("oms", "backorders", "inventory", "purchasing", "notifications", migrations=True)
    return [
        source for source in found if "migrations" in source.path.parts and source.path.stem != "__init__"
    ]


def test_migrations_are_linear() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for label in ROW_OF:
        numbers = sorted(name for app, name in loader.disk_migrations if app == label)

        assert len(loader.graph.leaf_nodes(label)) <= 1
        for earlier, later in pairwise(numbers):
            assert int(later[:4]) == int(earlier[:4]) + 1


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    told = StringIO()

    call_command("makemigrations", check=True, dry_run=True, stdout=told)

    assert told.getvalue().strip() == "No changes detected"


def test_data_and_schema_are_migrated_apart() -> None:
    mixed = []
    for source in _migrations():
        made = {called(call) for call in source.calls()}
        if "RunPython" in made and made & {"CreateModel", "AddField", "AlterField", "RemoveField"}:
            mixed.append(str(source))

    assert mixed == []


def test_the_folders_of_the_design_exist() -> None:
    for folder in ("oms", "backorders", "inventory", "purchasing", "notifications", "tests"):
        assert (ROOT / folder / "__init__.py").exists()
