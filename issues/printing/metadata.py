"""Describe a page to search engines and to programs that show a preview of it: OpenGraph and schema.org JSON-LD.

Nothing here makes a query.
"""

from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse

from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.printing import cards
from issues.printing.dates import rfc3339
from issues.printing.html import summarize
from text.addresses import to_uri


class Metadata(NamedTuple):
    kind: str  # og:type
    title: str
    description: str
    url: str
    image: str
    image_alt: str
    data: dict[str, Any]  # JSON-LD


def describe_site() -> Metadata:
    search = f"{settings.SITE_URL}/search/?q={{search_term_string}}"
    website = {
        "@type": "WebSite",
        "@id": f"{_home()}#website",
        "name": settings.NEWSLETTER_NAME,
        "description": settings.NEWSLETTER_TAGLINE,
        "url": _home(),
        "inLanguage": settings.LANGUAGE_CODE,
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": search},
            "query-input": "required name=search_term_string",
        },
    }
    return _website(settings.NEWSLETTER_NAME, settings.NEWSLETTER_TAGLINE, _home(), website, _periodical())


def describe_issue(issue: Issue) -> Metadata:
    """Describe an issue loaded by Issue.objects.with_contents()."""
    url = _absolute(issue)
    description = summarize(issue)
    image = f"{settings.SITE_URL}{reverse('issue_card', args=[issue.slug])}?v={cards.card_digest(issue)[:8]}"
    publication_issue = {
        "@type": "PublicationIssue",
        "@id": f"{url}#issue",
        "issueNumber": issue.number,
        "name": issue.title,
        "description": description,
        "url": url,
        "image": image,
        "datePublished": rfc3339(issue.publish_at) if issue.publish_at else None,
        "dateModified": rfc3339(issue.changed_at),
        "inLanguage": settings.LANGUAGE_CODE,
        "isPartOf": _periodical(),
        "publisher": {"@id": _organization()["@id"]},
        "mainEntity": {"@id": f"{url}#articles"},
    }
    articles = {
        "@type": "ItemList",
        "@id": f"{url}#articles",
        "name": issue.title,
        "numberOfItems": len(issue.printed_articles),
        "itemListElement": [
            _list_item(position, article) for position, article in enumerate(issue.printed_articles, 1)
        ],
    }
    return Metadata(
        kind="article",
        title=issue.title,
        description=description,
        url=url,
        image=image,
        image_alt=issue.title,
        data=_graph(publication_issue, articles),
    )


def describe_list(kind: str, subject: Any) -> Metadata:
    """Describe the page of an author, a publication or a tag; `kind` is the name of its route."""
    url = settings.SITE_URL + reverse(kind, args=[subject.slug])
    about: dict[str, Any] = {"@type": "Thing", "name": subject.name}
    if isinstance(subject, Author | Publication):
        schema = "Person" if isinstance(subject, Author) else "Organization"
        about |= _without_empty({"@type": schema, "sameAs": to_uri(subject.url)})
    page = {
        "@type": "ProfilePage" if kind == "author" else "CollectionPage",
        "@id": url,
        "name": subject.name,
        "url": url,
        "inLanguage": settings.LANGUAGE_CODE,
        "isPartOf": {"@id": f"{_home()}#website"},
        "mainEntity" if kind == "author" else "about": about,
    }
    title = f"{subject.name} ({kind})"
    return _website(title, f"{title}: articles in {settings.NEWSLETTER_NAME}.", url, page)


def describe_index(title: str, description: str, path: str) -> Metadata:
    """Describe a page that lists issues or names, or says where to find them."""
    url = settings.SITE_URL + path
    page = {
        "@type": "CollectionPage",
        "@id": url,
        "name": title,
        "url": url,
        "inLanguage": settings.LANGUAGE_CODE,
        "isPartOf": {"@id": f"{_home()}#website"},
    }
    return _website(title, description, url, page)


def describe_page(page: Page) -> Metadata:
    url = _absolute(page)
    webpage = {
        "@type": "WebPage",
        "@id": url,
        "name": page.title,
        "url": url,
        "dateModified": rfc3339(page.updated_at),
        "inLanguage": settings.LANGUAGE_CODE,
        "isPartOf": {"@id": f"{_home()}#website"},
    }
    return _website(page.title, settings.NEWSLETTER_TAGLINE, url, webpage)


def _website(title: str, description: str, url: str, *things: dict[str, Any]) -> Metadata:
    return Metadata(
        kind="website",
        title=title,
        description=description,
        url=url,
        image=settings.SITE_URL + reverse("site_card"),
        image_alt=settings.NEWSLETTER_NAME,
        data=_graph(*things),
    )


def _list_item(position: int, article: Article) -> dict[str, Any]:
    url = to_uri(article.url)
    return _without_empty({"@type": "ListItem", "position": position, "name": article.title, "url": url})


def _graph(*things: dict[str, Any]) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@graph": [_without_empty(thing) for thing in things]}


def _without_empty(thing: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if value not in (None, "")}


def _periodical() -> dict[str, Any]:
    return {
        "@type": "Periodical",
        "@id": f"{_home()}#periodical",
        "name": settings.NEWSLETTER_NAME,
        "description": settings.NEWSLETTER_TAGLINE,
        "url": _home(),
        "inLanguage": settings.LANGUAGE_CODE,
        "publisher": _organization(),
    }


def _organization() -> dict[str, str]:
    return {
        "@type": "Organization",
        "@id": f"{_home()}#publisher",
        "name": settings.NEWSLETTER_NAME,
        "description": settings.NEWSLETTER_PUBLISHER,
        "url": _home(),
        "logo": settings.SITE_URL + reverse("icon", args=[512]),
    }


def _absolute(printed: Issue | Page) -> str:
    return settings.SITE_URL + printed.get_absolute_url()


def _home() -> str:
    return settings.SITE_URL + reverse("home")
