#!/usr/bin/env python
"""Django's command line. `manage.py up` starts everything."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carousel.settings")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) is not None:
            raise  # the database answered, so it is something else
        sys.exit(
            f"The database cannot be reached: {str(error).splitlines()[0]}\n"
            "`manage.py up` starts everything on this machine; DATABASE_URL names another database."
        )


if __name__ == "__main__":
    main()
