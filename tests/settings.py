"""The project's own settings, on a throw-away PostgreSQL and a broker that only remembers."""

import os

from tests import cluster

# Workers of the same run inherit the variable and so share one server, each with a database of its own.
os.environ["TEST_CLUSTER_URL"] = os.environ.get("TEST_CLUSTER_URL") or cluster.start()
os.environ["DATABASE_URL"] = os.environ["TEST_CLUSTER_URL"]
os.environ["BROKER_URL"] = "memory://"
os.environ["SECRET_KEY"] = "only-for-tests-" + "x" * 40

from oms.settings import *  # noqa: F403

# The database of each worker begins as a copy of the one that the cluster brings, all migrations applied.
DATABASES["default"]["TEST"] = {"TEMPLATE": "oms"}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
