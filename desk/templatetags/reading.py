"""A filter for moments, as forms show them."""

from django import template

from desk.moments import format_moment

register = template.Library()
register.filter("moment", format_moment)
