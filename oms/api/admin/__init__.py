"""API clients, what they asked, and their bulk jobs in the admin."""

from oms.api.admin import clients as clients
from oms.api.admin import jobs as jobs
from oms.api.admin import requests as requests
