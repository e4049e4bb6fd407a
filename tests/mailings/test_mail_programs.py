"""What mail programs and filters of spam make of a mail: caniemail's table, and SpamAssassin's rules."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import lxml.html
import pytest

from issues.models.issues import Issue
from mailings.models.mailings import Mailing
from mailings.preparing import prepare
from mailings.sending.messages import Recipient, Template
from tests.make import make_article, make_correction, make_issue, make_picture, make_placement

pytestmark = pytest.mark.django_db

INSTALLED = Path(__file__).resolve().parents[2] / "node_modules" / "caniemail"
TABLE = Path(os.environ.get("CANIEMAIL", INSTALLED)) / "data" / "caniemail.json"
# Not in the table.
UNTESTED = {
    *("a", "em", "head", "html", "meta", "title", "br", "color", "font-family"),  # All programs know these.
    *("time", "mso-hide", "supported-color-schemes"),  # Who does not know these shows the words all the same.
}
PARTS = {
    **dict.fromkeys(("ul", "ol", "li"), "lists"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "h1-h6"),
    **dict.fromkeys(("thead", "tbody", "tr", "th", "td"), "table"),
    **dict.fromkeys(("source", "picture"), "picture"),
}
# What some programs leave out, and what their readers see then.
WITHOUT = {
    "css-at-media-prefers-color-scheme": "the light colours, or the program's own dark ones",
    "css-color-scheme": "the same",
    "css-display-none": "Gmail in a phone's browser: the preheader stands above the issue, which it repeats",
    "css-height": "Outlook on Windows: the height of a picture is in its attribute, too",
    "css-important": "the light colours",
    "css-max-height": "nothing: the preheader is hidden by display, too",
    "css-opacity": "the same",
    "css-overflow": "the same",
    "css-white-space": "Outlook on Windows: long lines of code run on",
    "css-word-wrap": "Outlook on Windows: a very long word makes the mail wider",
    "html-bdi": "names in Arabic or Hebrew may stand in the wrong order",
    "html-body": "the program's own background, font and margins",
    "html-code": "code in the font of the text",
    "html-meta-color-scheme": "the light colours",
    "html-small": "the words in the size of the text",
    "html-style": "the light colours",
}


@pytest.fixture
def mailing() -> Mailing:
    """With everything that the desk prints."""
    picture = make_picture(alternative="A graph of errors")
    issue = make_issue(number=7, articles=6, outages=5, intro=f"Hello *there*.\n\n{picture.markdown}\n\n> a quote")
    blurb = "A `lock`.\n\n```\nSELECT 1;\n```\n\n1. one\n\n* two\n\n### Why\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    make_article(issue=issue, title="How one queue took down the checkout", blurb=blurb, tags=("database",))
    make_placement(issue)
    make_correction(issue)
    return prepare(Issue.objects.get(pk=issue.pk))


def refuse(variable: str, sentence: str) -> None:
    (pytest.fail if variable in os.environ else pytest.skip)(sentence)


@pytest.fixture
def table() -> dict[str, set[str]]:
    """Return which programs leave each feature out, in their last version that was tested."""
    if not TABLE.exists():
        refuse("CANIEMAIL", "caniemail's table is not here: npm install caniemail, or give its folder in CANIEMAIL.")
    return {
        feature["slug"]: {
            f"{program} {system}"
            for program, systems in feature["stats"].items()
            for system, versions in systems.items()
            if list(versions.values())[-1].startswith("n")
        }
        for feature in json.loads(TABLE.read_text())["data"]
    }


def features_of(html: str) -> set[str]:
    """Return what a mail needs, by caniemail's names."""
    document = lxml.html.document_fromstring(html)
    elements = {str(element.tag) for element in document.iter(lxml.html.etree.Element)}
    kept = "".join(document.xpath("//style/text()"))
    styles = ";".join([*document.xpath("//@style"), *re.findall(r"\{([^{}]*)\}", kept)])
    rules = [rule.partition(":") for rule in styles.split(";") if ":" in rule]
    # Of a property for one side there is no row of its own.
    properties = {re.sub(r"^(margin|padding|border)-(top|left|color)$", r"\1", name.strip()) for name, _, _ in rules}
    found = {f"html-{PARTS.get(element, element)}" for element in elements - UNTESTED}
    found |= {f"css-{name}" for name in properties - UNTESTED}
    found |= {"css-display-none" for name, _, value in rules if (name.strip(), value.strip()) == ("display", "none")}
    found |= {"css-important"} if "!important" in kept else set()
    found |= {f"css-at-media-{name}" for name in re.findall(r"@media \(([\w-]+):", kept)}
    return found | {"html-meta-color-scheme"}


def test_programs_show_all_of_a_mail_or_leave_out_what_is_known(mailing, table):
    needed = features_of(mailing.html)
    assert needed - table.keys() == set()
    assert {feature for feature in needed if table[feature]} == WITHOUT.keys()


def test_nothing_of_a_mail_is_needed_from_elsewhere(mailing):
    document = lxml.html.document_fromstring(mailing.html)
    assert document.xpath("//script | //link | //form | //iframe | //@*[starts-with(name(), 'on')]") == []
    # An editor's picture: one address for everybody.
    assert {source.partition("/pictures/")[0] for source in document.xpath("//img/@src | //@srcset")} == {
        "https://sreweekly.example"
    }


def test_spamassassin_gives_a_mail_one_point_at_most(mailing, tmp_path):
    """Debian's rules, without those that ask other computers."""
    program = shutil.which("spamassassin")
    if not program:
        pytest.skip("SpamAssassin is not installed: it is Debian's package spamassassin.")
    content = Template(mailing).bytes_for(Recipient("ada@example.com", "aB3dE6gH9jK2mN5pQ8sT1v", "x7Yz.7"))
    message = content.replace(b"\r\n..", b"\r\n.").replace(b"\r\n", b"\n")
    command = [program, "--local", "--test-mode", "--siteconfigpath", "/etc/spamassassin"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    result = subprocess.run(command, input=message, capture_output=True, check=True, env=environment, timeout=120)
    report = result.stdout.decode(errors="replace")
    found = re.search(r"\((-?[\d.]+) points", report)
    assert found
    assert "HTML_MESSAGE" in report  # The rules were there.
    assert float(found[1]) <= 1, report[-1500:]
