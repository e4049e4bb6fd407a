"""The migrations of `issues`, followed by two that a drill applies and takes back: the setting MIGRATION_MODULES."""

from pkgutil import iter_modules

from issues import migrations

__path__ = [*__path__, *migrations.__path__]
LAST = max(module.name for module in iter_modules(migrations.__path__))  # The state that the site expects.
