#!/usr/bin/env python
"""Django's commands; without DATABASE_URL they use the embedded PostgreSQL of this checkout."""

import os
import sys

NEED_NO_DATABASE = {"check", "collectstatic", "help", "spectacular", "--version", "version", "--help", "-h"}


def main() -> None:
    """Run one command, with a database to run it on."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if not os.environ.get("DATABASE_URL") and command not in NEED_NO_DATABASE and "--help" not in sys.argv:
        from deploy import borrowing, postgres

        borrowing.borrow(postgres.local_cluster())

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
