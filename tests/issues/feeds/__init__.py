from itertools import cycle

FORMATS = ("", "atom/", "json/")
SUBJECTS = ("authors/lorin-hochstein", "publications/acm-queue", "tags/slo")
ISSUE_FEEDS = ["/feed/", *(f"/{subject}/feed/issues/" for subject in SUBJECTS)]
ARTICLE_FEEDS = ["/feed/articles/", *(f"/{subject}/feed/" for subject in SUBJECTS)]
# When make_sample() is published: the site's in every format, and each of the others in one.
FEEDS = [f"{feed}{form}" for feed in ("/feed/", "/feed/articles/", "/feed/archive/1-1/") for form in FORMATS]
FEEDS += [feed + form for feed, form in zip([*ISSUE_FEEDS[1:], *ARTICLE_FEEDS[1:]], cycle(FORMATS), strict=False)]
