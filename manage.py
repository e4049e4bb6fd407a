#!/usr/bin/env python
"""Run Django's commands. Starts an embedded PostgreSQL unless DATABASE_URL is set."""

import os
import sys

from django.core.management import execute_from_command_line

from sreweekly.development.database import ensure_database_url
from sreweekly.postgresql.limits import time_limits

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sreweekly.settings")
    ensure_database_url()
    with time_limits("import"):
        execute_from_command_line(sys.argv)
