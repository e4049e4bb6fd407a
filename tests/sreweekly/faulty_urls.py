"""A page with a fault. test_reports.py requests it in a process of its own."""

from django.urls import path


def divide(request):
    words = request.POST["words"]
    return len(words) / 0


urlpatterns = [path("", divide)]
