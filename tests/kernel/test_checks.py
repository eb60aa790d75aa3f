"""Each dangerous setting is refused, by its own code, and the project's own settings are not."""

import pytest
from django.conf import settings as project
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from oms.kernel import checks


def _codes() -> list[str | None]:
    return [error.id for error in checks.dangerous_settings()]


def test_our_settings_are_not_dangerous() -> None:
    assert _codes() == []
    checks.refuse_dangerous_settings()


def test_naive_times_are_refused(settings: Settings) -> None:
    settings.USE_TZ = False

    assert _codes() == ["oms.E001"]


# Django's own setter would refuse the unknown one before we are asked.
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/Atlantis", ""])
def test_another_zone_than_utc_is_refused(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "TIME_ZONE", zone)

    assert _codes() == ["oms.E002"]


@pytest.mark.parametrize("host", ["*", "oms.example.com", ".example.com", "0.0.0.0"])
def test_debug_on_a_public_host_is_refused(host: str, settings: Settings) -> None:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["localhost", host]

    assert _codes() == ["oms.E003"]


def test_debug_on_this_machine_is_allowed(settings: Settings) -> None:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

    assert _codes() == []


@pytest.mark.parametrize("secret", ["", "secret", "ChangeMe", "django-insecure-" + "x" * 50, "x" * 31])
def test_a_known_or_short_secret_is_refused(secret: str, settings: Settings) -> None:
    settings.SECRET_KEY = secret

    assert _codes() == ["oms.E004"]


@pytest.mark.parametrize("engine", ["sqlite3", "mysql", "oracle"])
def test_another_database_than_postgresql_is_refused(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "DATABASES", {"default": {"ENGINE": f"django.db.backends.{engine}"}})

    assert _codes() == ["oms.E005"]


def test_jobs_inside_the_transaction_are_refused(settings: Settings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True

    assert _codes() == ["oms.E006"]


def test_all_that_is_wrong_is_told_at_once(settings: Settings) -> None:
    settings.USE_TZ = False
    settings.SECRET_KEY = "secret"

    with pytest.raises(ImproperlyConfigured, match=r"oms\.E001: .*; oms\.E004: "):
        checks.refuse_dangerous_settings()
