"""Lookups that fold text in the database as fold() does: `name__folded="zoe"` and `name__finds="zoe"`."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, Lookup, TextField, Transform

from text.folding import ACCENTS, INVISIBLE, LETTERS, SIGNS
from text.matching import pattern_of


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def _translated(text: str, signs: dict[str, str]) -> str:
    return f"translate({text}, {_quoted(''.join(signs))}, {_quoted(''.join(signs.values()))})"


def _folded() -> str:
    """Return fold() in SQL, with places for {text} and for the {collation} that knows the capitals of all scripts."""
    unwritten = _quoted(f"[{ACCENTS}{INVISIBLE}]")
    folded = f"regexp_replace(normalize({_translated('{text}', SIGNS)}, NFKD), {unwritten}, '', 'g')"
    folded = f"lower({folded} {{collation}})"
    folded = _translated(folded, {letter: plain for letter, plain in (LETTERS | SIGNS).items() if len(plain) == 1})
    for letter, plain in LETTERS.items():
        if len(plain) > 1:
            folded = f"replace({folded}, '{letter}', '{plain}')"
    is_ascii = "octet_length({text}) = char_length({text})"
    return f"CASE WHEN {is_ascii} THEN lower({{text}}) ELSE normalize({folded}, NFC) END"


_FOLDED = _folded()


def fold_in_sql(text: str, connection: Any) -> str:
    """Return fold() of a text in SQL. Before PostgreSQL 17 the capitals are those of the database's locale."""
    collation = 'COLLATE "pg_c_utf8"' if connection.pg_version >= 170000 else ""
    return _FOLDED.format(text=text, collation=collation)


TIMES = _FOLDED.count("{text}")  # That the text stands in it.


@CharField.register_lookup
@TextField.register_lookup
class Folded(Transform):
    """The text as fold() returns it."""

    lookup_name = "folded"
    output_field = TextField()

    def as_sql(self, compiler, connection, **extra_context):  # type: ignore[override]
        sql, params = compiler.compile(self.lhs)
        return fold_in_sql(sql, connection), [*params] * TIMES


@CharField.register_lookup
@TextField.register_lookup
@ArrayField.register_lookup
class Finds(Lookup):
    """Whether the text, or one of the texts in a list, has what somebody types: see pattern_of()."""

    lookup_name = "finds"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        text, params = self.process_lhs(compiler, connection)
        sql = f"({fold_in_sql(f'({text})::text', connection)}) ~ %s"
        return sql, [*params * TIMES, pattern_of(str(self.rhs).replace("\0", ""))]
