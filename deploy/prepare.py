"""What a database needs before it is served: tables, schedule, static files, and for a demo its contents."""

import io
import os

import django
from django.core.management import call_command, get_commands

from deploy import local

CLIENT = "demo"
SCOPES = "*"


def main() -> None:
    """Bring the database and the static files up to date; repeating it changes nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
    django.setup()
    call_command("check", stdout=io.StringIO())
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("sync_schedule", verbosity=0)
    call_command("sync_groups", verbosity=0)
    call_command("sync_policies", verbosity=0)
    _people()
    _demo()
    _client_key()


def _people() -> None:
    """The first admin of an empty system; a system that has people keeps them and tells nothing."""
    from django.contrib.auth import authenticate, get_user_model

    password = os.environ.get("ADMIN_PASSWORD") or local.kept_secret("admin_password")
    if not get_user_model().objects.exists():
        get_user_model().objects.create_superuser("admin", "admin@shop.example", password)
    told = local.RUN / "admin_login"
    told.unlink(missing_ok=True)
    if authenticate(username="admin", password=password):
        told.touch(mode=0o600)
        told.write_text(f"admin / {password}")


def _demo() -> None:
    if os.environ.get("DEMO", "1") == "0" or "load_demo" not in get_commands():
        return
    from oms.orders.models import Order

    if not Order.objects.exists():
        print("loading demo data …", flush=True)
        call_command("load_demo")


def _client_key() -> None:
    """Keys are stored hashed, so the one of the demo is kept beside the database for the next start."""
    if "create_client" not in get_commands():
        return
    from oms.api.models import ApiClient

    path = local.RUN / "client_key"
    client = ApiClient.objects.filter(name=CLIENT).first()
    if client and path.exists() and path.read_text().startswith(client.key_prefix):
        return
    told = io.StringIO()
    call_command("create_client", CLIENT, "--scope", SCOPES, "--replace", stdout=told)
    path.touch(mode=0o600)
    path.write_text(told.getvalue().split()[-1])


if __name__ == "__main__":
    main()
