import pytest
from django.test import Client

from tests.make import make_editor


@pytest.mark.django_db
def test_menu_starts_with_issues_and_articles():
    client = Client()
    client.force_login(make_editor())
    apps = client.get("/admin/").context["app_list"]
    assert [app["app_label"] for app in apps][:3] == ["issues", "collecting", "sponsors"]
    assert [model["object_name"] for model in apps[0]["models"]][:2] == ["Issue", "Article"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/", "/admin/issues/issue/add/", "/accounts/login/", "/"])
def test_content_security_policy_is_strict(path):
    client = Client()
    client.force_login(make_editor())
    policy = client.get(path, follow=True).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "nonce" not in policy
