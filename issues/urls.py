from django.urls import include, path, register_converter

from issues import capture_views, edition_views, old_addresses, search_views, views
from issues.converters import SlugConverter

register_converter(SlugConverter, "unicode")

urlpatterns = [
    path("", old_addresses.home, name="home"),
    path("archive/", views.archive, name="archive"),
    path("", include("issues.feeds.urls")),
    path("theme.css", views.theme, name="theme"),
    path("authors/", views.authors, name="authors"),
    path("publications/", views.publications, name="publications"),
    path("tags/", views.tags, name="tags"),
    path("authors/<unicode:slug>/", views.author, name="author"),
    path("publications/<unicode:slug>/", views.publication, name="publication"),
    path("tags/<unicode:slug>/", views.tag, name="tag"),
    path("data/", edition_views.data, name="data"),
    path("data/issues.jsonl", edition_views.issues_jsonl, name="issues_jsonl"),
    path("data/articles.jsonl", edition_views.articles_jsonl, name="articles_jsonl"),
    path("data/articles.csv", edition_views.articles_csv, name="articles_csv"),
    path("robots.txt", edition_views.robots, name="robots"),
    path("sitemap.xml", edition_views.sitemap, name="sitemap"),
    path("sitemap-<slug:section>-<int:number>.xml", edition_views.sitemap_section, name="sitemap_section"),
    path("manifest.webmanifest", edition_views.manifest, name="manifest"),
    path("desk.webmanifest", edition_views.desk_manifest, name="desk_manifest"),
    path("capture/", capture_views.capture, name="capture"),
    path("favicon.ico", edition_views.favicon, name="favicon"),
    path("favicon.svg", edition_views.favicon_svg, name="favicon_svg"),
    path("apple-touch-icon.png", edition_views.apple_touch_icon, name="apple_touch_icon"),
    path("icon-<int:size>.png", edition_views.icon, name="icon"),
    path("card.png", edition_views.site_card, name="site_card"),
    path("<unicode:slug>.txt", edition_views.issue_text, name="issue_text"),
    path("<unicode:slug>.json", edition_views.issue_json, name="issue_json"),
    path("<unicode:slug>.png", edition_views.issue_card, name="issue_card"),
    path("search/", search_views.search, name="search"),
    path("opensearch.xml", search_views.opensearch, name="opensearch"),
    *old_addresses.urlpatterns,
    path("<unicode:slug>/", views.issue, name="issue"),
    old_addresses.fallback,
]
