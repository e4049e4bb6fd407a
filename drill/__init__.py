"""Faults, caused on purpose on a developer's machine: `make drill`. Nothing of the application imports this."""
