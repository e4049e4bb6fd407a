from django.urls import path

from collecting import views

urlpatterns = [
    path("capture/", views.capture, name="capture"),
    path("desk.webmanifest", views.desk_manifest, name="desk_manifest"),
]
