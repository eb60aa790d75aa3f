"""`manage.py sync_groups`: the staff groups of oms/groups.py with their permissions; safe to run again."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.base import BaseCommand
from django.db import transaction

from oms.groups import ALSO_SEEN, CLOSED_APPS, COMMANDS, EDITED, GROUPS, MANAGER, OUR_APPS


class Command(BaseCommand):
    """Give each group what the table says; what somebody added by hand stays."""

    help = "Make the staff groups and give them the permissions of oms/groups.py."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        _name_commands()
        for name in GROUPS:
            group, _ = Group.objects.get_or_create(name=name)
            group.permissions.add(*_permissions_of(name))
            if options["verbosity"]:
                self.stdout.write(f"{name}: {group.permissions.count()} permissions")


def _name_commands() -> None:
    """The permissions of buttons belong to no field of a model, so Django does not make them."""
    for may in COMMANDS:
        app, model = may.model.split(".")
        kind = ContentType.objects.get_by_natural_key(app, model)
        Permission.objects.update_or_create(
            content_type=kind, codename=may.codename, defaults={"name": may.words}
        )


def _permissions_of(group: str) -> list[Permission]:
    wanted = {may.permission for may in COMMANDS if group in may.who}
    for model, who in EDITED.items():
        if group in who:
            app, name = model.split(".")
            wanted |= {f"{app}.{verb}_{name}" for verb in ("add", "change", "delete", "view")}
    if group == MANAGER:
        wanted |= set(ALSO_SEEN)
    seen = [app for app in OUR_APPS if group == MANAGER or app not in CLOSED_APPS]
    every = Permission.objects.select_related("content_type")
    return [
        permission
        for permission in every
        if f"{permission.content_type.app_label}.{permission.codename}" in wanted
        or (permission.content_type.app_label in seen and permission.codename.startswith("view_"))
    ]
