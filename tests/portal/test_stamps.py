"""Stamps: made by us, for one link, good for a day."""

import time

import pytest

from oms.portal import stamps


def test_a_stamp_is_good_for_its_link_only() -> None:
    stamp = stamps.stamp("one-link")

    assert stamps.is_good("one-link", stamp)
    assert not stamps.is_good("other-link", stamp)
    assert "one-link" not in stamp


def test_a_stamp_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = stamps.stamp("one-link")
    later = time.time() + stamps.GOOD_FOR.total_seconds() + 1
    monkeypatch.setattr(time, "time", lambda: later)

    assert not stamps.is_good("one-link", stamp)
