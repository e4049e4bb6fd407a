"""From exports to rows: one transaction for each post, and the same post twice is loaded once.

What was edited here after it was loaded is left as it is, whatever a newer export says.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from text.names import similar_names
from wordpress import rows
from wordpress.export import Export, Post
from wordpress.extract import extract_issue
from wordpress.models import WordPressPost
from wordpress.names import Names
from wordpress.posts import claim_of, digest_of, is_draft, is_draft_page, kind_of, number_of, path_of
from wordpress.report import Report
from wordpress.source import ExportError

Progress = Callable[[float], None]


def import_wordpress(
    paths: list[Path], *, dry_run: bool = False, reload: bool = False, progress: Progress | None = None
) -> Report:
    """Read every file twice: for names and numbers, then to load. `progress` is given a part from 0 to 1.

    A file of which nothing can be read is told in the report, and the others are loaded. With `reload`, posts that
    did not change since they were loaded are loaded again: for a version that reads them better.
    """
    report = Report(dry_run=dry_run)
    with transaction.atomic() if dry_run else nullcontext():
        loader = _Loader(report, is_reload=reload)
        loader.learn(_read(paths, Report(), progress, 0))
        for post in _read(paths, report, progress, 0.3):
            loader.load(post)
        loader.finish()
        if dry_run:
            transaction.set_rollback(True)
    return report


def _read(paths: list[Path], report: Report, progress: Progress | None, start: float) -> Iterator[Post]:
    """Takes the progress from `start` to 0.3, and from there to 1."""
    share = 0.7 if start else 0.3
    for index, path in enumerate(paths):
        export = Export(path)

        def tell(part: float, index: int = index) -> None:
            if progress:
                progress(start + share * (index + part) / len(paths))

        try:
            yield from export.posts(tell)
        except ExportError as error:
            report.failed_files.append(str(error))
        report.problems += export.problems


class _Loader:
    def __init__(self, report: Report, *, is_reload: bool = False):
        self.report = report
        self._is_reload = is_reload
        self._names = Names()
        # Without the HTML: a few hundred bytes for each post.
        self._kept = {row.post_id: row for row in WordPressPost.objects.defer("html")}
        self._loaded: dict[int, str] = {}  # Digests of what this run loaded.
        self._claims: dict[int, tuple[bool, int]] = {}
        self._public_slugs: set[str] = set()  # WordPress lets a draft have the address of what is published.

    def learn(self, posts: Iterator[Post]) -> None:
        for post in posts:
            kind, _ = kind_of(post)
            if kind == "page" and not is_draft_page(post):
                self._public_slugs.add(path_of(post))
            elif kind == "issue":
                self._learn_issue(post)

    def _learn_issue(self, post: Post) -> None:
        claim = claim_of(post)
        self._claims[number_of(post)] = min(claim, self._claims.get(number_of(post), claim))
        if not is_draft(post):
            self._public_slugs.add(path_of(post))
        if self._is_new(post):
            self._names.learn(extract_issue(post.html, post.base_url, post.link, is_sketch=True))

    def load(self, post: Post) -> None:
        kind, reason = kind_of(post)
        self._count_rest(post)
        if kind is None:
            self.report.left_out[reason].append(str(post))
        elif not self._is_new(post):
            self.report.counts["posts unchanged"] += 1
        elif post.post_id in self._loaded:
            self.report.tell(post, "another post with this number, but with other contents, was loaded before.")
        elif kind == "issue" and self._claims[number_of(post)][1] != post.post_id:
            other = self._claims[number_of(post)][1]
            self.report.tell(post, f"post {other} has #{number_of(post)} too, and was loaded instead.")
        else:
            self._load_anew(post, kind)

    def finish(self) -> None:
        if not self._loaded:
            return
        self.report.counts["publications recognised by their hosts"] = self._names.keep_hosts()
        for kind, model in (("authors", Author), ("publications", Publication)):
            if pairs := similar_names(model.objects.values_list("name", flat=True)):
                self.report.similar[kind] = pairs

    def _is_new(self, post: Post) -> bool:
        """Whether there is something to load: not what this run loaded, and not what an earlier one did."""
        kept = None if self._is_reload else self._kept.get(post.post_id)
        return digest_of(post) not in (kept and kept.export_digest, self._loaded.get(post.post_id))

    def _count_rest(self, post: Post) -> None:
        if post.comments:
            self.report.left_out["comment"] += [f"{post.comments} of {post}"]
        for term in post.terms:
            self.report.left_out[term.partition(" “")[0]].append(f"{term} of {post}")

    def _load_anew(self, post: Post, kind: str) -> None:
        kept = self._kept.get(post.post_id)
        if kept and (why := self._why_left_alone(kept, post, kind)):
            self.report.left_alone.append((str(post), why))
            return
        exported_before = kept.export_digest if kept else None
        findings = len(self.report.findings)
        try:
            with transaction.atomic():
                if kind == "issue":
                    rows.load_issue(post, kept, self._names, self.report)
                else:
                    rows.load_page(post, kept, self.report, self._public_slugs if is_draft_page(post) else set())
        except (rows.RefusedError, ValidationError, DatabaseError) as error:
            del self.report.findings[findings:]
            self.report.tell(post, f"it was not loaded: {_sentence(error)}")
            self._names.refresh()
            return
        self.report.counts[f"{kind}s {_what_was_done(post, exported_before)}"] += 1
        self._loaded[post.post_id] = digest_of(post)

    def _why_left_alone(self, kept: WordPressPost, post: Post, kind: str) -> str:
        if kept.guid and post.guid and kept.guid != post.guid:
            return f"the post with this number that was loaded before is another one, {kept.guid}."
        if kept.modified_at and post.modified_gmt and post.modified_gmt < kept.modified_at:
            return "a newer export of it was loaded before."
        row = Issue.objects.with_contents().filter(wordpress_post=kept).first() or kept.page
        if row is None:
            return "it was deleted here since."
        if kind != ("issue" if kept.issue_id else "page"):
            return f"it was loaded as {row}, and would be {'an issue' if kind == 'issue' else 'a page'} now."
        if rows.digest_of_loaded(row) != kept.loaded_digest:
            return "it was edited here since."
        return ""


def _what_was_done(post: Post, exported_before: str | None) -> str:
    if exported_before is None:
        return "added"
    return "loaded again" if exported_before == digest_of(post) else "changed"


def _sentence(error: Exception) -> str:
    text = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    return " ".join(text.split()).rstrip(".") + "."
