"""JSON-LD under the content security policy, which refuses scripts: it is data, and no violation."""

import json

from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_issue


def test_policy_lets_the_data_of_a_page_be(page, transactional_db):
    make_sample()
    for address in ("/", "/sre-weekly-issue-437/", "/authors/lorin-hochstein/"):
        page.goto(address)  # A violation is an error of the page, and `page` fails for it.
        data = page.locator("script[type='application/ld+json']").text_content()
        assert json.loads(data)["@context"] == "https://schema.org"
        assert page.evaluate("document.scripts.length") == 1


def test_data_does_not_run(page, transactional_db):
    text = "</script><script>window.ran=1</script>"
    make_issue(number=1, title=f"#1 {text}", intro=text)
    page.goto("/sre-weekly-issue-1/")
    assert page.evaluate("[window.ran, document.scripts.length]") == [None, 1]


def test_icons_and_manifest_load(page, transactional_db):
    make_sample()
    page.goto("/")
    for link in page.locator("link[rel='icon'], link[rel='apple-touch-icon'], link[rel='manifest']").all():
        address = link.evaluate("element => element.href")
        assert page.request.get(address).status == 200
    for address in ("/favicon.svg", "/card.png", "/sre-weekly-issue-437.png"):
        loads = "src => new Promise(done => Object.assign(new Image(), {onload: () => done(true), src}))"
        assert page.evaluate(loads, address)
