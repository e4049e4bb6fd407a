#!/usr/bin/env python
"""Django's command line. Starts an embedded PostgreSQL where DATABASE_URL is not given."""

import os
import sys

from django.core.management import execute_from_command_line

from sreweekly.development.database import ensure_database_url

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sreweekly.settings")
    ensure_database_url()
    execute_from_command_line(sys.argv)
