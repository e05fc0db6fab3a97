"""The shape of what staff send about the shop's canvas. Its ranges are those of the options."""

from typing import Any

from django import forms

from carousel.tenants.options import Studio


class CanvasForm(forms.Form):
    """Shares are in per cent, as on the page."""

    margin = forms.FloatField(min_value=0, max_value=40)
    background = forms.RegexField(r"^#[0-9a-fA-F]{6}$", required=False)
    is_transparent = forms.BooleanField(required=False)
    shadow = forms.FloatField(min_value=0, max_value=100)
    square = forms.BooleanField(required=False)
    long_side = forms.IntegerField(min_value=16, max_value=8000)
    automatic = forms.BooleanField(required=False)

    def options(self) -> dict[str, Any]:
        """As the tenant's options keep them."""
        given = self.cleaned_data
        return {
            "margin": given["margin"] / 100,
            "background": "" if given["is_transparent"] else given["background"] or "#ffffff",
            "shadow": given["shadow"] / 100,
            "square": given["square"],
            "long_side": given["long_side"],
            "automatic": given["automatic"],
        }


def shown(studio: Studio) -> dict[str, Any]:
    """The canvas as the form's fields show it."""
    return studio.model_dump() | {
        "margin": round(100 * studio.margin, 1),
        "shadow": round(100 * studio.shadow),
        "background": studio.background or "#ffffff",
        "is_transparent": not studio.background,
    }
