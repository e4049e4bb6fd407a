"""Write the parts of an issue: the sponsor's message, articles and credits. Runs in the transaction of rows.py.

What the export says as it did when it was loaded before is not written again where the desk may have changed it
since: a sponsor, an author or a publication that was renamed or merged stays.
"""

from fetching.identity import canonicalize
from issues.models.articles import Article
from issues.models.credits import Authorship
from issues.models.issues import Issue
from sponsors.models import Placement
from text.quotes import quote
from wordpress.contents import Contents, ExportedArticle, SponsorMessage
from wordpress.edits import find_same, has_same_small_print
from wordpress.names import Names
from wordpress.posts import Post
from wordpress.report import UNNAMED, Report


class Parts:
    """`loaded` is what the same post said when it was loaded before; empty for a new issue."""

    def __init__(self, issue: Issue, post: Post, loaded: Contents, names: Names, report: Report):
        self._issue = issue
        self._post = post
        self._loaded = loaded
        self._names = names
        self._report = report

    def set_placement(self, message: SponsorMessage | None) -> None:
        slot = Placement.Slot.MAIN
        placement = Placement.objects.filter(issue=self._issue, slot=slot).first()
        if message is None:
            if placement:
                placement.delete()
            return
        before = self._loaded.sponsor
        if placement is None or before is None or before.name != message.name:
            placement = placement or Placement(issue=self._issue, slot=slot)
            placement.sponsor = self._names.sponsor(message.name or self._find_sponsor(message))
        placement.message, placement.url = message.message, message.url
        placement.state = Placement.State.APPROVED
        save_if_changed(placement)

    def _find_sponsor(self, message: SponsorMessage) -> str:
        name = self._names.sponsor_at(message.url)
        sentence = f"the message does not name the sponsor; “{name}” is from its link"
        self._report.add_notice(self._post, "sponsor", sentence)
        return name

    def set_articles(self, exported: list[ExportedArticle]) -> None:
        """Update existing articles in place, because readers have links with their ids."""
        before = list(self._issue.articles.order_by("section", "position"))
        articles: list[Article] = []
        authors: dict[int, tuple[str, ...]] = {}  # Of the articles with new credits, by their place.
        for given in exported:
            article = find_same(given, before) or Article(issue=self._issue)
            if article.pk:
                before.remove(article)
            if not (article.pk and has_same_small_print(given, self._loaded.articles)):
                authors[len(articles)] = self._credit(article, given)
            article.section = given.section
            article.position = 1 + sum(other.section == given.section for other in articles)
            article.title, article.url, article.blurb = given.title, given.url, given.blurb
            article.canonical_url = canonicalize(article.url)  # New articles are not saved by save(), which sets it.
            articles.append(article)
            if article.byline:
                self._report.counts["bylines that name nobody"] += 1
                text = f"{quote(article.title or article.url)}: {article.byline}"
                self._report.add_notice(self._post, UNNAMED, text)
        for article in before:
            article.delete()
        for article in articles:
            if article.pk:
                save_if_changed(article)
        Article.objects.bulk_create([article for article in articles if not article.pk])
        self._save_authors({articles[place].pk: names for place, names in authors.items()})

    def _credit(self, article: Article, given: ExportedArticle) -> tuple[str, ...]:
        """Set everything but the authors, and return their names."""
        byline = self._names.read(given.credit_lines, given.url)
        article.byline = byline.text
        article.disclosure = " ".join(filter(None, (byline.note, given.disclosure)))
        article.publication = self._names.publication(byline.publication) if byline.publication else None
        return byline.authors

    def _save_authors(self, authors: dict[int, tuple[str, ...]]) -> None:
        Authorship.objects.filter(article__in=authors).delete()
        Authorship.objects.bulk_create(
            Authorship(article_id=key, author=author, position=position)
            for key, names in authors.items()
            for position, author in enumerate(dict.fromkeys(map(self._names.author, names)), 1)
        )


def save_if_changed(row: Article | Placement) -> None:
    """Leave a row alone that says the same: every save counts up its version."""
    saved = type(row)._default_manager.filter(pk=row.pk).values().first()
    if saved is None or any(getattr(row, name) != value for name, value in saved.items()):
        row.save()
