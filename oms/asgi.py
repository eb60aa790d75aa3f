"""What an ASGI server loads; refuses to serve on dangerous settings."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
application = get_asgi_application()

from oms.kernel import checks, memory  # noqa: E402  (needs the apps to be loaded)

checks.refuse_dangerous_settings()
memory.settle()
