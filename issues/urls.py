from django.urls import path, register_converter

from issues import views
from issues.converters import SlugConverter

register_converter(SlugConverter, "unicode")

urlpatterns = [
    path("", views.home, name="home"),
    path("archive/", views.archive, name="archive"),
    path("feed/", views.feed, name="feed"),
    path("authors/<unicode:slug>/", views.author, name="author"),
    path("publications/<unicode:slug>/", views.publication, name="publication"),
    path("tags/<unicode:slug>/", views.tag, name="tag"),
    path("<unicode:slug>/", views.issue, name="issue"),
]
