"""The shape of what staff send about damage. The rules are in deciding.py."""

from django import forms

from imaging.analysis.deciding import Marked
from imaging.analysis.models import Defect
from imaging.sight.defects import Box


class DecisionForm(forms.Form):
    state = forms.ChoiceField(choices=Defect.State.choices, required=False)
    kind = forms.ChoiceField(choices=Defect.Kind.choices, required=False)
    severity = forms.ChoiceField(choices=Defect.Severity.choices, required=False)


class MarkForm(forms.Form):
    """A box in per cent of the upright photo."""

    photo = forms.UUIDField()
    kind = forms.ChoiceField(choices=Defect.Kind.choices)
    severity = forms.ChoiceField(choices=Defect.Severity.choices)
    x = forms.FloatField(min_value=0, max_value=99)
    y = forms.FloatField(min_value=0, max_value=99)
    width = forms.FloatField(min_value=1, max_value=100)
    height = forms.FloatField(min_value=1, max_value=100)

    def marked(self) -> Marked:
        """The box, cut to the photo."""
        given = self.cleaned_data
        x, y = given["x"] / 100, given["y"] / 100
        box = Box(x, y, min(given["width"] / 100, 1 - x), min(given["height"] / 100, 1 - y))
        return Marked(given["kind"], given["severity"], box)
