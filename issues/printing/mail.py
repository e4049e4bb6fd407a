"""An issue as HTML mail: what the page and the feed carry, in a frame of its own, with its style in the elements.

Takes issues from Issue.objects.with_contents(), and makes no query. The forms of one structure: see rendering.py.
"""

from urllib.parse import urlsplit

from css_inline import CSSInliner
from django.conf import settings
from django.template.loader import render_to_string

from issues.models.issues import Issue
from issues.printing.html import render_html
from text import newsletter

# Mail programs drop style elements and know no variables; they take the first style element of the template into the
# elements, and what is in media queries stays in the second. Nothing is ever fetched.
_inliner = CSSInliner(load_remote_stylesheets=False)


def render_mail(issue: Issue) -> str:
    """A whole document. It asks the reader's mail program to load nothing: no picture, no style, no font.

    Entries and the list of outages are children of body, where programs that read the mails look for them.
    """
    context = {
        "issue": issue,
        "contents": render_html(issue),
        "site": urlsplit(settings.SITE_URL).hostname,
        "accent": settings.NEWSLETTER_ACCENT,
        "accent_dark": settings.NEWSLETTER_ACCENT_DARK,
        **newsletter.context(),
    }
    return _inliner.inline(render_to_string("issues/mail.html", context))
