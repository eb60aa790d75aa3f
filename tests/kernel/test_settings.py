"""Settings read from the environment: databases by socket, mail by URL."""

import pytest

from oms import settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_POOL", "EMAIL_URL", "LOCK_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)


def test_a_socket_folder_may_stand_in_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://oms@/shop?host=/run/db&port=5433")

    config = settings._database()

    where = {key: config[key] for key in ("HOST", "PORT", "USER", "NAME")}
    assert where == {"HOST": "/run/db", "PORT": "5433", "USER": "oms", "NAME": "shop"}


def test_a_server_on_the_network_is_taken_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://ann:word@db.example:6000/shop?sslmode=require")

    config = settings._database()

    where = [config[key] for key in ("HOST", "PORT", "USER", "PASSWORD", "NAME")]
    assert where == ["db.example", 6000, "ann", "word", "shop"]
    assert config["OPTIONS"]["sslmode"] == "require"


def test_no_wait_for_a_lock_is_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCK_TIMEOUT", "2s")

    options = settings._database()["OPTIONS"]["options"]

    assert (
        options == "-c lock_timeout=2s -c statement_timeout=60s -c idle_in_transaction_session_timeout=120s"
    )


def test_only_a_process_that_asks_gets_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "pool" not in settings._database()["OPTIONS"]
    assert settings._database()["CONN_MAX_AGE"] == 600

    monkeypatch.setenv("DATABASE_POOL", "4")

    assert settings._database()["OPTIONS"]["pool"]["max_size"] == 4
    assert settings._database()["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize(
    ("url", "backend"),
    [
        ("", "notifications.channels.mailbox.EmailBackend"),
        ("smtp+tls://u:p@mail.example:587", "django.core.mail.backends.smtp.EmailBackend"),
        ("anymail.backends.postmark.EmailBackend", "anymail.backends.postmark.EmailBackend"),
    ],
)
def test_mail_goes_where_the_url_says(url: str, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", url)

    assert settings._mail()["EMAIL_BACKEND"] == backend
