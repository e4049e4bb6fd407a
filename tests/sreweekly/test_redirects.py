import pytest

pytestmark = pytest.mark.django_db

QUERIES = ["x=" + "y" * 17_000, "text=" + "%E6%96%87" * 1800, "q=" + "%25" * 6000, "{}|" * 6000]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("path", ["/admin/", "/admin/issues/issue/", "/accounts/2fa/"])
def test_redirect_that_would_be_too_long_leaves_out_the_query(client, path, query):
    response = client.get(f"{path}?{query}")
    assert (response.status_code, response["Location"]) == (302, f"http://testserver{path}")
    assert client.get(path).status_code in (301, 302)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("path", ["/archive", "/tags", "/search", "/index.php/data"])
def test_old_address_with_a_long_query_is_one_step_away(client, path, query):
    response = client.get(f"{path}?{query}")
    assert (response.status_code, response["Location"]) == (301, f"{path.removeprefix('/index.php')}/")


@pytest.mark.parametrize("end", ["", "?x=y"])
def test_path_that_is_too_long_is_refused(client, end):
    assert client.get(f"/admin/{'x' * 17_000}{end}").status_code == 414


def test_redirect_that_fits_keeps_its_query(client):
    assert client.get("/archive?x=" + "y" * 4000)["Location"].endswith("y" * 4000)
    assert client.get("/admin/?text=" + "y" * 16_000)["Location"].endswith("y" * 16_000)
