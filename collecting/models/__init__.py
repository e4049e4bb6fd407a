# Django finds an app's models here. Import each from its own module.
from collecting.models import candidates, devices, sources  # noqa: F401
