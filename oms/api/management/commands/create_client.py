"""`manage.py create_client`: a key for a program, printed once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.models import Location
from oms.api import access
from oms.api.models import ApiClient
from oms.kernel.errors import DomainError
from oms.orders.models import Channel


class Command(BaseCommand):
    """Make an API client; the last line printed is its key, which cannot be shown again."""

    help = "Make an API client and print its key, which cannot be shown again, alone on the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        scopes = "; ".join(f"{name}: {words}" for name, words in access.SCOPES.items())
        parser.add_argument("name", help="how the client is called in every history")
        parser.add_argument(
            "--scope", action="append", default=[], required=True, metavar="SCOPE",
            help=f"repeatable or comma separated; {scopes}; * means admin",
        )  # fmt: skip
        parser.add_argument("--channel", default="", metavar="CODE", help="may see and use only this channel")
        parser.add_argument(
            "--location", default="", metavar="CODE", help="may see and use only this location"
        )
        parser.add_argument(
            "--replace", action="store_true", help="give an existing client a new key and these scopes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = [word.strip() for given in options["scope"] for word in given.split(",") if word.strip()]
        if not scopes:
            raise CommandError("Name at least one scope.")
        try:
            client, key = self._make(options, access.known_scopes(scopes))
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"client {client.name}: {', '.join(client.scopes)}")
        self.stdout.write(key)

    def _make(self, options: dict[str, Any], scopes: list[str]) -> tuple[ApiClient, str]:
        name = options["name"].strip()
        bounds = {
            "channel": _named(Channel, options["channel"]),
            "location": _named(Location, options["location"]),
        }
        client = ApiClient.objects.filter(name=name).first()
        if client is None:
            return access.make_client(name=name, scopes=scopes, **bounds)
        if not options["replace"]:
            raise CommandError(f"There is a client {name} already; --replace gives it a new key.")
        client.scopes, client.channel, client.location = scopes, bounds["channel"], bounds["location"]
        client.save(update_fields=["scopes", "channel", "location"])
        return client, access.replace_key(client)


def _named(kind: type[Any], code: str) -> Any:
    if not code:
        return None
    found = kind.objects.filter(code=code).first()
    if found is None:
        raise CommandError(f"There is no {kind._meta.verbose_name} {code}.")
    return found
