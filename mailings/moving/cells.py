"""Cells of our exports: what a spreadsheet would run as a formula gets an apostrophe before it, and loses it again."""

import re

# https://owasp.org/www-community/attacks/CSV_Injection. With apostrophes before it, so that escaping can be undone.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"''*[=+\-@\t\r]")


def escape(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape(cell: str) -> str:
    return cell[1:] if _ESCAPED.match(cell) else cell
