"""A filter for domains, which are kept in ASCII: “bücher.example”, not “xn--bcher-kva.example”."""

from django import template

from fetching.addresses import to_unicode

register = template.Library()
register.filter("domain", to_unicode)
