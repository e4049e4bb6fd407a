import pytest

from fetching.tracking import tracking_parameters, without_tracking


@pytest.mark.parametrize(
    "name",
    [
        *("sc_channel", "sc_campaign", "WT.mc_id", "ocid", "__hstc", "__hssc", "__hsfp", "elqTrackId"),
        *("_branch_match_id", "matomo_campaign", "piwik_kwd", "mc_cid", "mkt_tok", "li_fat_id", "ttclid"),
        *(
            "itm_source",
            "utm-source",
            "_gid",
            "ef_id",
            "hss_channel",
            "ns_campaign",
            "sfmc_id",
            "_cio_id",
            "dm_i",
            "guccounter",
        ),
    ],
)
def test_name_that_means_nothing_else_is_cut_everywhere(name):
    address = f"https://example.com/a?{name}=x&page=2"
    assert without_tracking(address) == "https://example.com/a?page=2"
    assert tracking_parameters(address) == [name]


@pytest.mark.parametrize(
    "address",
    [
        "https://youtu.be/a?si=x",
        "https://open.spotify.com/episode/a?si=x",
        "https://www.linkedin.com/pulse/a?trk=x",
        "https://jane.substack.com/p/a?r=2x4a",
        "https://letter.example/p/a?r=2x4a",
        "https://x.com/jane/status/1?s=20",
        "https://aws.amazon.com/blogs/a?trk=x",
        "https://www.theguardian.com/a?CMP=share",
        "https://en.wikipedia.org/wiki/A?wprov=x",
    ],
)
def test_name_that_may_mean_something_is_cut_on_the_hosts_that_add_it(address):
    assert without_tracking(address) == address.partition("?")[0]


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/a?si=x",
        "https://example.com/a?trk=x",
        "https://example.com/post?r=2x4a",
        "https://example.com/a?s=20&t=x&v=1",
        "https://example.com/a?pk_id=7",
        "https://notyoutube.com/a?si=x",
        "https://example.com/a?ref=main",
        "https://example.com/a?ocidentity=1",
    ],
)
def test_name_that_may_choose_a_page_is_kept(address):
    assert without_tracking(address) == address


@pytest.mark.parametrize(
    ("address", "printed"),
    [
        ("https://example.com/a#:~:text=some%20words", "https://example.com/a"),
        ("https://example.com/a#part:~:text=x,-y&text=z", "https://example.com/a#part"),
        ("https://example.com/a?b=1#:~:text=x", "https://example.com/a?b=1"),
        ("https://example.com/a#part", "https://example.com/a#part"),
        ("https://example.com/a#", "https://example.com/a#"),
    ],
)
def test_text_fragment_is_cut(address, printed):
    assert without_tracking(address) == printed


@pytest.mark.parametrize(
    ("address", "printed"),
    [
        ("https://example.com/a#xtor=RSS-1", "https://example.com/a"),
        ("https://example.com/a?b=1#utm_source=rss&utm_medium=feed", "https://example.com/a?b=1"),
        ("https://example.com/a#Echobox=1", "https://example.com/a"),
        ("https://example.com/a?b=1&amp;utm_source=c", "https://example.com/a?b=1"),
        ("https://example.com/a#utm_source=rss&item=1", "https://example.com/a#utm_source=rss&item=1"),
        ("https://example.com/a#utm_source", "https://example.com/a#utm_source"),
    ],
)
def test_fragment_that_only_tracks_is_cut(address, printed):
    assert without_tracking(address) == printed
