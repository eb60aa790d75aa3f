"""How often a process that lives for weeks looks for garbage."""

import gc

YOUNG = 20_000
"""Objects made before the youngest are looked at: an order makes some ten thousand that go by themselves."""


def settle() -> None:
    """Spare the collector what stays for ever (the code), and let it look less often; once all is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 50, 50)
