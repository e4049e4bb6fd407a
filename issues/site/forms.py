"""The forms of published issues that readers get, printed once while the contents of an issue stay the same.

After any change on the site, its pages are made again. Nearly all of them print issues that did not change: their
contents need neither be loaded nor be printed.
"""

from collections.abc import Callable, Iterable

from issues.models.issues import Issue
from issues.printing.kept import Kept, Printed
from issues.printing.version import digest

# The digest covers the contents. The other fields are printed, too.
KEY = ("pk", "number", "guid", "contents_digest", "publish_at", "updated_at")


class IssueForms[T: Printed]:
    """One form of issues, such as the page. Keeps those that `print_form` made, as long as there is room."""

    def __init__(self, print_form: Callable[[Issue], T], most_bytes: int):
        self._print = print_form
        self.kept: Kept[T] = Kept(most_bytes)

    def of(self, published: Iterable[Issue]) -> list[T]:
        """Return the form of each issue. No query if all are kept; five load the contents of those that are not."""
        issues = list(published)
        forms = [self.kept.find(*_key(issue)) for issue in issues]
        Issue.objects.load_contents([issue for issue, form in zip(issues, forms, strict=True) if form is None])
        return [form or self._make(issue) for issue, form in zip(issues, forms, strict=True)]

    def _make(self, issue: Issue) -> T:
        form = self._print(issue)
        # The contents are loaded after the issue. If they changed in between, the form does not belong to its digest.
        if issue.contents_digest == digest(issue):
            self.kept.keep(form, *_key(issue))
        return form


def _key(issue: Issue) -> list[object]:
    return [getattr(issue, name) for name in KEY]
