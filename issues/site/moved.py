"""Redirect former addresses to the current ones."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from issues.models.addresses import Address, normalize_path


def redirect_to_current(path: str) -> HttpResponse:
    """Redirect with 301 to the published issue or page that has or had this path, or to where OLD_ADDRESSES says.

    The table of addresses comes before the setting. One query. Raises Http404.
    """
    address = Address.objects.published().at(path)
    url = address.row.get_absolute_url() if address else settings.OLD_ADDRESSES.get(normalize_path(path))
    if url is None:
        raise Http404("No issue or page has or had this address.")
    return redirect(url, permanent=True)
