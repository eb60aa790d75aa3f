"""Policies, the queue and promises in the admin."""

from backorders.admin import campaigns as campaigns
from backorders.admin import cancelling as cancelling
from backorders.admin import caps as caps
from backorders.admin import cases as cases
from backorders.admin import customers as customers
from backorders.admin import exceptions as exceptions
from backorders.admin import fences as fences
from backorders.admin import insight as insight
from backorders.admin import law as law
from backorders.admin import planning as planning
from backorders.admin import policies as policies
from backorders.admin import promises as promises
from backorders.admin import protections as protections
from backorders.admin import runs as runs
from backorders.admin import serving as serving
from backorders.admin import waiting as waiting
