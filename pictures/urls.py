from django.urls import re_path

from pictures.views import picture
from text.pictures import NAME, PREFIX

# The names that pictures have, and no other: none leads out of the storage.
FILES = NAME.removesuffix(")") + "|webp)"
urlpatterns = [re_path(rf"^{PREFIX.removeprefix('/')}(?P<name>{FILES})$", picture, name="picture")]
