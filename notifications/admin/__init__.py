"""Messages, tries at telling them, and the mailbox in the admin."""

from notifications.admin import mailbox as mailbox
from notifications.admin import messages as messages
from notifications.admin import routes as routes
from notifications.admin import templates as templates
