"""A durable PostgreSQL of its own with all tables, without any server or worker beside it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command

from deploy import postgres


@contextmanager
def alone() -> Iterator[str]:
    """Start it, migrate, and set Django up on it in this process; gives the database's URL."""
    with tempfile.TemporaryDirectory(prefix="oms-bench-") as name:
        folder = Path(name)
        # The database may run as another user, who has to get in.
        folder.chmod(0o755)
        cluster = postgres.Cluster(folder / "postgres", tuple(postgres.DURABLE.items()))
        postgres.prepare(cluster)
        server = postgres.start(cluster)
        try:
            os.environ |= {
                "DATABASE_URL": cluster.url(),
                "BROKER_URL": "memory://",
                "SECRET_KEY": "only-for-benches-" + "x" * 40,
                "DJANGO_SETTINGS_MODULE": "oms.settings",
            }
            django.setup()
            call_command("migrate", verbosity=0, skip_checks=True)
            yield cluster.url()
        finally:
            postgres.stop(server.pid)
