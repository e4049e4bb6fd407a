FORMATS = ("", "atom/", "json/")
SUBJECTS = ("authors/lorin-hochstein", "publications/acm-queue", "tags/slo")
ISSUE_FEEDS = ["/feed/", *(f"/{subject}/feed/issues/" for subject in SUBJECTS)]
ARTICLE_FEEDS = ["/feed/articles/", *(f"/{subject}/feed/" for subject in SUBJECTS)]
# Feeds of make_sample(): the main one in every format, and one of each other kind in some format.
FEEDS = [
    *(f"/feed/{form}" for form in FORMATS),
    *("/feed/articles/", "/feed/archive/1-1/atom/", "/authors/lorin-hochstein/feed/json/"),
    *("/publications/acm-queue/feed/atom/", "/tags/slo/feed/issues/"),
]
