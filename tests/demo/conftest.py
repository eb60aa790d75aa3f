"""A small world, as in the journeys."""

from tests.journeys.conftest import world as world
