"""Load exports, with one transaction for each post. A post that occurs twice is loaded once.

Rows that were edited here after they were loaded are never changed, even by a newer export.
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
from wordpress.export import Export
from wordpress.extract import extract_issue
from wordpress.lines import ExportError
from wordpress.models import WordPressPost
from wordpress.names import Names
from wordpress.posts import Kind, Post
from wordpress.report import Report
from wordpress.uploads import Uploads

Progress = Callable[[float], None]


def import_wordpress(
    paths: list[Path],
    *,
    uploads: Path | None = None,
    dry_run: bool = False,
    reload: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Read every file twice, first for names and numbers, then to load. Calls `progress` with a share from 0 to 1.

    The report names files that cannot be read at all; the others are loaded. `reload` loads unchanged posts again,
    for a version of this program that reads posts better. Raises UploadsError if `uploads` cannot be read.
    """
    report = Report(dry_run=dry_run)
    with Uploads(uploads, is_rehearsal=dry_run) as found, transaction.atomic() if dry_run else nullcontext():
        loader = _Loader(report, found, is_reload=reload)
        loader.learn(_read(paths, Report(), progress, 0))
        for post in _read(paths, report, progress, 0.3):
            loader.load(post)
        loader.finish()
        if dry_run:
            transaction.set_rollback(True)
    return report


def _read(paths: list[Path], report: Report, progress: Progress | None, start: float) -> Iterator[Post]:
    """Yield all posts. The progress of the first reading runs from 0 to 0.3, of the second from 0.3 to 1."""
    share = 0.7 if start else 0.3
    for index, path in enumerate(paths):
        export = Export(path)

        def report_progress(part: float, index: int = index) -> None:
            if progress:
                progress(start + share * (index + part) / len(paths))

        try:
            yield from export.posts(report_progress)
        except ExportError as error:
            report.failed_files.append(str(error))
        report.problems += export.problems


class _Loader:
    def __init__(self, report: Report, uploads: Uploads, *, is_reload: bool = False):
        self.report = report
        self._uploads = uploads
        self._is_reload = is_reload
        self._names = Names()
        # Without the HTML, which is most of each row.
        self._kept = {row.post_id: row for row in WordPressPost.objects.defer("html")}
        self._loaded: dict[int, str] = {}  # Digests of the posts that this run loaded.
        self._claims: dict[int, tuple[bool, int]] = {}
        self._public_slugs: set[str] = set()  # In WordPress a draft may share the address of a published post.

    def learn(self, posts: Iterator[Post]) -> None:
        for post in posts:
            if post.kind and not post.is_draft:
                self._public_slugs.add(post.path)
            if post.kind == "issue":
                self._claims[post.number] = min(post.claim, self._claims.get(post.number, post.claim))
                if self._is_new(post):
                    self._names.learn(extract_issue(post.html, post.base_url, post.link, is_sketch=True))

    def load(self, post: Post) -> None:
        self._note_left_out(post)
        if post.kind is None:
            self.report.left_out[post.reason_left_out].append(str(post))
        elif not self._is_new(post):
            self.report.counts["posts unchanged"] += 1
        elif post.post_id in self._loaded:
            self.report.add_problem(
                post, "it was not loaded: a post with the same number but other contents was loaded before."
            )
        elif post.kind == "issue" and self._claims[post.number][1] != post.post_id:
            other = self._claims[post.number][1]
            self.report.add_problem(post, f"post {other} also has #{post.number}, and was loaded instead.")
        else:
            self._load(post, post.kind)

    def finish(self) -> None:
        if not self._loaded:
            return
        self.report.counts["publications recognised by their hosts"] = self._names.keep_hosts()
        for kind, model in (("authors", Author), ("publications", Publication)):
            if pairs := similar_names(model.objects.values_list("name", flat=True)):
                self.report.similar[kind] = pairs

    def _is_new(self, post: Post) -> bool:
        """Return whether neither this run nor an earlier one has loaded the post as it is."""
        is_read_again = self._is_reload or self._uploads.concern(post)
        kept = None if is_read_again else self._kept.get(post.post_id)
        return post.digest not in (kept and kept.export_digest, self._loaded.get(post.post_id))

    def _note_left_out(self, post: Post) -> None:
        if post.comments:
            self.report.left_out["comment"] += [f"{post.comments} of {post}"]
        for term in post.terms:
            self.report.left_out[term.partition(" “")[0]].append(f"{term} of {post}")

    def _load(self, post: Post, kind: Kind) -> None:
        kept = self._kept.get(post.post_id)
        if kept and (why := self._why_left_alone(kept, post, kind)):
            self.report.left_alone.append((str(post), why))
            return
        exported_before = kept.export_digest if kept else None
        notice_count = len(self.report.notices)
        pictures = self._uploads.bring_in(post, self.report)
        try:
            with transaction.atomic():
                if kind == "issue":
                    rows.load_issue(post, kept, self._names, self.report, pictures)
                else:
                    taken = self._public_slugs if post.is_draft else set()
                    rows.load_page(post, kept, self.report, pictures, taken)
        except (rows.RefusedError, ValidationError, DatabaseError) as error:
            del self.report.notices[notice_count:]
            self.report.add_problem(post, f"it was not loaded: {_sentence(error)}")
            self._names.refresh()
            return
        self.report.counts[f"{kind}s {_what_was_done(post, exported_before)}"] += 1
        self._loaded[post.post_id] = post.digest

    def _why_left_alone(self, kept: WordPressPost, post: Post, kind: Kind) -> str:
        if kept.guid and post.guid and kept.guid != post.guid:
            return f"a different post with this number was loaded before: {kept.guid}."
        if kept.modified_at and post.modified_gmt and post.modified_gmt < kept.modified_at:
            return "a newer export of it was loaded before."
        row = Issue.objects.with_contents().filter(wordpress_post=kept).first() or kept.page
        if row is None:
            return "it was deleted here after it was loaded."
        if kind != ("issue" if kept.issue_id else "page"):
            return f"it was loaded as {row}, but now it would be {'an issue' if kind == 'issue' else 'a page'}."
        if rows.digest_of_loaded(row) != kept.loaded_digest:
            return "it was edited here after it was loaded."
        return ""


def _what_was_done(post: Post, exported_before: str | None) -> str:
    if exported_before is None:
        return "added"
    return "loaded again" if exported_before == post.digest else "changed"


def _sentence(error: Exception) -> str:
    text = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    return " ".join(text.split()).rstrip(".") + "."
