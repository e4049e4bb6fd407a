"""The text for a person who opens an archive in ten years."""

TEXT = """\
# An archive of a newsletter

Written by the newsletter's publishing system, and read by it again (`manage.py import_archive`). Everything is plain
text in UTF-8, which needs no program. **Private**: it holds drafts, sponsors' contacts and the editor's notes.

- `issues/`: a Markdown file for each issue. Between the lines `+++` are the issue's values, as TOML. Below stand the
  intro, the sponsor's message, the articles, the outages and the corrections, in the order of print. The values of
  each stand in a comment above it, as TOML. `authors`, `publication` and `tags` are slugs of rows in:
- `authors.jsonl`, `publications.jsonl`, `tags.jsonl`; `former_tags.jsonl`: tags that were merged into others;
  `settled_credits.jsonl`: credits that an editor has found right; and `sponsors.jsonl`: a JSON object on each line.
- `pictures/`: the pictures in texts; `pictures.jsonl`: what each shows; `former_pictures.jsonl`: where WordPress had
  them.
- `pages/`: the other pages of the site, as Markdown.
- `backlog.jsonl`: articles that are not in an issue yet.
- `wordpress.jsonl`: posts as they were exported from WordPress, and the issue or page made from each.
- `archive.json`: the version of the format, the number of rows of each kind, and identifiers that must never be used
  again.

All times are UTC. A value that is missing is empty. `line_ends = "CRLF"` says that a text's lines end as browsers
send them. `id` is part of an article's address: `#article-ID` on its issue's page.
"""
