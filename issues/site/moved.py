"""Where former addresses lead today."""

from django.conf import settings

from issues.models.addresses import Address, normalize_path


def find_current_url(path: str) -> str | None:
    """Return the address of the published issue or page that has or had this path; None where there is none.

    One query. What OLD_ADDRESSES names counts where the table knows nothing.
    """
    address = Address.objects.published().at(path)
    return address.row.get_absolute_url() if address else settings.OLD_ADDRESSES.get(normalize_path(path))
