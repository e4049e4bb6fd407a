"""Subjects: an author, a publication or a tag. Each has an address for ever, whatever it was merged or turned into."""

from taggit.models import Tag

from issues.models.articles import Article, ArticleQuerySet, Tagging
from issues.models.credits import Author, Publication
from issues.models.tags import FormerTag

type Subject = Author | Publication | Tag


def find_subject(kind: str, slug: str) -> Subject | None:
    """Return the subject that has or had this address, or None. At most four queries.

    `kind` is the name of its route: "author", "publication" or "tag". The subject has another kind or slug by now if it
    was merged, renamed, or turned from an author into a publication or back.
    """
    if kind == "tag":
        return Tag.objects.filter(slug=slug).first() or FormerTag.objects.tag_at(slug)
    first, second = (Author, Publication) if kind == "author" else (Publication, Author)
    return first.objects.at(slug) or second.objects.at(slug)


def kind_of(subject: Subject) -> str:
    return str(subject._meta.model_name)


def articles_of(subject: Subject) -> ArticleQuerySet:
    if isinstance(subject, Tag):
        return Article.objects.filter(pk__in=Tagging.objects.filter(tag=subject).values("content_object"))
    return Article.objects.filter(**{"authors" if isinstance(subject, Author) else "publication": subject})
