"""Addresses of pictures in templates. The hash in them lets browsers keep a picture for ever.

{% load pictures %}<img src="{% picture photo '320' %}">   and, for a whole image with its two
sizes, `{% include "parts/thumb.html" %}`.
"""

from django import template
from django.urls import reverse

from imaging.models import Photo

register = template.Library()


@register.simple_tag
def picture(photo: Photo, variant: str = "160") -> str:
    """The address of a picture of `photo`, or "" while it is not made yet."""
    if variant == "original":
        sha256 = photo.sha256 if photo.original else ""
    else:
        sha256 = str(photo.files.get(variant, {}).get("sha256", ""))
    if not sha256:
        return ""
    return f"{reverse('picture', args=[photo.pk, variant])}?v={sha256[:12]}"
