"""Customers' tokens stay out of logs."""

import json
import logging
import logging.config
from io import StringIO
from typing import Any

import pytest
import structlog
from django.conf import settings

from oms.kernel.secrecy import masked

TOKEN = "abcDEF_-hijklmnopqrstuvwxyz01234"


@pytest.fixture
def logged() -> StringIO:
    """What the project's own log format writes."""
    told = StringIO()
    handler = logging.StreamHandler(told)
    formats: Any = settings.LOGGING["formatters"]
    handler.setFormatter(formats["json"]["()"](**{k: v for k, v in formats["json"].items() if k != "()"}))
    logger = logging.getLogger("tests.secrecy")
    logger.handlers, logger.propagate = [handler], False
    return told


def test_a_token_is_left_out_wherever_a_link_stands() -> None:
    assert masked(f'GET /c/{TOKEN}/ "http://a/c/{TOKEN}"') == 'GET /c/…/ "http://a/c/…"'
    assert masked("/c/short/ and /conditions/") == "/c/short/ and /conditions/"


def test_no_log_line_carries_a_token(logged: StringIO) -> None:
    logger = logging.getLogger("tests.secrecy")

    logger.warning("Not Found: %s", f"/c/{TOKEN}/")
    structlog.stdlib.get_logger("tests.secrecy").warning("request", path=f"/c/{TOKEN}/", code=404)

    assert TOKEN not in logged.getvalue()
    assert [json.loads(line)["event"] for line in logged.getvalue().splitlines()] == [
        "Not Found: /c/…/",
        "request",
    ]


def test_a_traceback_shows_no_local_variables(logged: StringIO) -> None:
    try:
        secret = TOKEN
        raise ValueError(len(secret))
    except ValueError:
        logging.getLogger("tests.secrecy").exception("failed")

    assert "ValueError" in logged.getvalue()
    assert TOKEN not in logged.getvalue()
