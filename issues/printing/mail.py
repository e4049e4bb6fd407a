"""An issue as HTML mail: the same fragment as on the page and in the feed, with the styles written into the elements.

Takes issues loaded by Issue.objects.with_contents(), and makes no query.
"""

from urllib.parse import urlsplit

from css_inline import CSSInliner
from django.conf import settings
from django.template.loader import render_to_string

from fetching.addresses import to_unicode
from issues.models.issues import Issue
from issues.printing.html import render_html
from text import newsletter

# Many mail programs drop <style> elements. So the rules of the template's first <style> are written into the elements;
# the second holds the media queries, and is kept. Nothing is ever fetched.
_inliner = CSSInliner(load_remote_stylesheets=False)


def render_mail(issue: Issue, template: str = "issues/mail.html", **frame: str) -> str:
    """Return a whole document that makes the reader's mail program load nothing: no style, no font, no picture.

    A template that extends issues/mail.html may print a frame around the issue, of these variables.

    Only pictures that an editor put into a text are loaded: from this site, by one address for everybody.
    Entries and the list of outages are children of <body>, where programs that read the mails look for them.
    """
    context = {
        "issue": issue,
        "contents": render_html(issue),
        "site": to_unicode(urlsplit(settings.SITE_URL).hostname or ""),
        "accent": settings.NEWSLETTER_ACCENT,
        "accent_dark": settings.NEWSLETTER_ACCENT_DARK,
        **newsletter.context(),
        **frame,
    }
    return _inliner.inline(render_to_string(template, context))
