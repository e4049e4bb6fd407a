from django.urls import path, re_path

from issues.site import downloads, editions, icons, old_addresses, search, sitemaps, views
from issues.site.converters import register

register()

urlpatterns = [
    path("", old_addresses.home, name="home"),
    path("archive/", views.archive, name="archive"),
    re_path(r"^archive/(?P<year>[1-9][0-9]{3})/$", views.archive_of_year, name="archive_of_year"),
    path("theme.css", views.theme, name="theme"),
    path("authors/", views.authors, name="authors"),
    path("publications/", views.publications, name="publications"),
    path("tags/", views.tags, name="tags"),
    path("authors/<unicode:slug>/", views.subject, {"kind": "author"}, name="author"),
    path("publications/<unicode:slug>/", views.subject, {"kind": "publication"}, name="publication"),
    path("tags/<unicode:slug>/", views.subject, {"kind": "tag"}, name="tag"),
    path("data/", downloads.data, name="data"),
    path("data/issues.jsonl", downloads.issues_jsonl, name="issues_jsonl"),
    path("data/articles.jsonl", downloads.articles_jsonl, name="articles_jsonl"),
    path("data/articles.csv", downloads.articles_csv, name="articles_csv"),
    path("robots.txt", icons.robots, name="robots"),
    path(".well-known/security.txt", icons.security, name="security"),
    # The address before RFC 9116.
    path("security.txt", icons.security),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-<slug:section>-<int:number>.xml", sitemaps.sitemap_section, name="sitemap_section"),
    path("manifest.webmanifest", icons.manifest, name="manifest"),
    path("favicon.ico", icons.favicon, name="favicon"),
    path("favicon.svg", icons.favicon_svg, name="favicon_svg"),
    path("apple-touch-icon.png", icons.apple_touch_icon, name="apple_touch_icon"),
    path("icon-<int:size>.png", icons.icon, name="icon"),
    path("card.png", icons.site_card, name="site_card"),
    path("<unicode:slug>.txt", editions.issue_text, name="issue_text"),
    path("<unicode:slug>.json", editions.issue_json, name="issue_json"),
    path("<unicode:slug>.png", editions.issue_card, name="issue_card"),
    path("search/", search.search, name="search"),
    path("opensearch.xml", search.opensearch, name="opensearch"),
    *old_addresses.urlpatterns,
    path("<unicode:slug>/", views.issue, name="issue"),
    old_addresses.fallback,
]
