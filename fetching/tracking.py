"""Parameters that tell where a reader came from, and never which page is shown.

A name that means nothing else is cut on every host. One that may choose a page elsewhere is cut only on the hosts that
are known to add it. After a change of these rules, stored keys follow within a day: see identity.py.
"""

import re
from urllib.parse import unquote_plus

from fetching.addresses import host_of, suffixes_of

# On every host.
_ANYWHERE = re.compile(
    # Analytics: Google, Matomo and Piwik, AT Internet, Adobe, Webtrends, Amazon, comScore.
    r"utm[_-]\w+|_ga|_gac|_gid|_gl|(mtm|matomo|piwik|pk)_(campaign|kwd|keyword|source|medium|content|cid|group|placement|referrer|vid)"
    r"|itm_(source|medium|campaign|content|term)|at_(medium|campaign|custom\d)|xtor|echobox|s_cid|s_kwcid|ef_id|ocid"
    r"|wt\.(mc|tsrc|srch|mc_\w+)|wt\.\w+_id|ns_(mchannel|source|campaign|linkname|fee)"
    r"|sc_(channel|campaign|publisher|country|geo|outcome|content|medium|detail|segment|matchtype|category)"
    r"|sc_(icampaign|ichannel|icontent|iplace|iservice|src|eh|lid|uid|llid|customer)"
    # Mails: HubSpot, Marketo, Eloqua, Mailchimp, Vero, Klaviyo, Omeda, beehiiv, Kit, Branch, Drip, Salesforce,
    # Blueshift, Customer.io, MailerLite, Omnisend, EveryAction, dotdigital, Condé Nast.
    r"|__hs(tc|sc|fp)|_hs(enc|mi)|hsa_\w+|hss_channel|hsutk|hsctatracking|mkt_tok|elq(track|trackid|aid|at|ak|campaignid)?"
    r"|mc_[ce]id|vero_(id|conv)|_k[ex]|oly_(anon|enc)_id|_bhlid|ck_subscriber_id|_branch_(match_id|referrer)|ss_email_id"
    r"|trk_(contact|msg|module|sid)|sfmc_\w+|bsft_\w+|_?cio_id|ml_subscriber(_hash)?|omnisendcontactid|em[cd]i|dm_i"
    r"|mbid|bxid|cndid|wickedid|wickedsource|_openstat|__s|guccounter|guce_referrer(_sig)?|cmpid|ncid"
    # Advertising and social networks.
    r"|fbclid|fb_(action_ids|action_types|source|ref)|mibextid|gclid|gclsrc|gbraid|wbraid|gad_(source|campaignid)|srsltid"
    r"|dclid|msclkid|yclid|ymclid|twclid|__twitter_impression|li_fat_id|ttclid|epik|igsh|igshid|ref_src|ref_url|rdt_cid"
    r"|irclickid|irgwc|cjevent|dicbo|tblci|__readwiselocation",
    re.IGNORECASE,
)
# On these hosts and the ones below them.
_ON_HOSTS = (
    (
        ("youtube.com", "youtu.be", "spotify.com", "soundcloud.com"),
        re.compile(r"si|feature|pp|ab_channel|app|context", re.IGNORECASE),
    ),
    (("linkedin.com",), re.compile(r"trk|trackingId|lipi|lici|originalSubdomain|rcm", re.IGNORECASE)),
    (("twitter.com", "x.com"), re.compile(r"s|t|cxt|src|ref_\w+", re.IGNORECASE)),
    (("reddit.com",), re.compile(r"share_id|rdt|st|sh|context_ref|%24deep_link|\$deep_link", re.IGNORECASE)),
    (("substack.com",), re.compile(r"r|s|showWelcome|isFreemail|post_id|publication_id|triedRedirect", re.IGNORECASE)),
    (("medium.com",), re.compile(r"source|sk_ref|_branch|gi", re.IGNORECASE)),
    (("aws.amazon.com", "awscloud.com"), re.compile(r"trk|trkcampaign|linkid", re.IGNORECASE)),
    (("theguardian.com",), re.compile(r"cmp", re.IGNORECASE)),
    (("wikipedia.org", "wikimedia.org"), re.compile(r"wprov", re.IGNORECASE)),
)
# Medium's own feeds, also those of publications on hosts of their own.
_FEED_SOURCE = re.compile(r"rss-.*|rss")
# Values of "ref" that name a newsletter or site: Ghost adds its own host to each outgoing link. Other values can choose
# the page, such as a branch or version on GitHub.
_REFERRER = re.compile(
    r".*(weekly|newsletter).*|(twitter|hackernews|hn|producthunt|rss|feed|email)"
    r"|([\w-]+\.)+(com|org|net|io|dev|co|news|email|blog|tech|cloud|sh|fm)",
    re.IGNORECASE,
)
# Substack on a host of its own: “/p/slug?r=2x4a”, often among its utm parameters.
_SUBSTACK_READER = re.compile(r"[0-9a-z]{3,8}")


def without_tracking(address: str) -> str:
    """Return the address for print: without tracking parameters and text fragment, else character for character.

    A text fragment marks words on the page: https://wicg.github.io/scroll-to-text-fragment/.
    """
    before, kept, _, fragment = _split(address)
    return before + ("?" + "&".join(kept) if kept else "") + fragment


def tracking_parameters(address: str) -> list[str]:
    """Return the names of the parameters that without_tracking() cuts, in their order."""
    return [unquote_plus(pair.partition("=")[0]) for pair in _split(address)[2]]


def is_tracking(name: str, value: str, host: str, path: str) -> bool:
    """Return whether a parameter of a page at this host, without “www.”, only says where the reader came from."""
    name = name.removeprefix("amp;")  # It was copied from HTML: “?a=1&amp;utm_source=b”.
    if _ANYWHERE.fullmatch(name):
        return True
    for hosts, names in _ON_HOSTS:
        if names.fullmatch(name) and not set(hosts).isdisjoint(suffixes_of(host)):
            # A post of Medium has “source=friends_link” with a key, which opens it.
            return name.lower() != "source" or value != "friends_link"
    match name.lower():
        case "source":
            return bool(_FEED_SOURCE.fullmatch(value))
        case "ref":
            return bool(_REFERRER.fullmatch(value))
        case "r":
            return path.startswith("/p/") and bool(_SUBSTACK_READER.fullmatch(value))
    return False


def without_tracking_fragment(fragment: str) -> str:
    """Return the fragment without marked words, or "" if it only tells where the reader came from: “xtor=RSS-1”."""
    fragment = fragment.partition(":~:")[0]
    names = [pair.partition("=")[0] for pair in fragment.split("&")]
    return "" if "=" in fragment and all(map(_ANYWHERE.fullmatch, names)) else fragment


def _split(address: str) -> tuple[str, list[str], list[str], str]:
    """Return the address before its query, the parameters to keep and those to cut, and the fragment with its "#"."""
    rest, _, given = address.partition("#")
    before, mark, query = rest.partition("?")
    if not re.match(r"https?://[^/]", before, re.IGNORECASE):
        return address, [], [], ""
    fragment = without_tracking_fragment(given)
    marked = given.partition(":~:")[0]
    from_fragment = marked.split("&") if marked and not fragment else []
    if fragment or (given == "" and "#" in address):
        fragment = f"#{fragment}"
    if not mark:
        return before, [], from_fragment, fragment
    host, path = host_of(before), "/" + before.partition("://")[2].partition("/")[2]
    pairs = query.split("&")
    cut = []
    for pair in pairs:
        name, _, value = pair.partition("=")
        if is_tracking(unquote_plus(name), unquote_plus(value), host, path):
            cut.append(pair)
    if not cut:
        return f"{before}?{query}", [], from_fragment, fragment
    return before, [pair for pair in pairs if pair not in cut], cut + from_fragment, fragment
