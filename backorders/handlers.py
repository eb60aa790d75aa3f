"""Who hears what: the whole conversation between the apps on one screen."""

from collections.abc import Mapping, Sequence

from oms.kernel import events

HANDLERS: Mapping[type[events.Event], Sequence[events.Listener]] = {}
