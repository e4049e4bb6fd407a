from importing.load import import_files
from wordpress.management.commands import import_wordpress


class Command(import_wordpress.Command):
    help = "Load issues from files of any known format. Never changes what was edited here after it was loaded."
    files_help = "JSON, a feed, an export of WordPress or Curated; also a folder or a .zip of them"
    load = staticmethod(import_files)
