"""Where the analysis of an item is read and corrected."""

from django.urls import path

from imaging.analysis import views

urlpatterns = [
    path("p/<uuid:pk>/analysis/", views.analysis, name="analysis"),
    path("p/<uuid:pk>/analysis/again/", views.again, name="analysis-again"),
    path("p/<uuid:pk>/note/", views.note, name="claim-note"),
    path("p/<uuid:pk>/strike/", views.strike, name="claim-strike"),
    path("p/<uuid:pk>/damage/", views.mark, name="damage-mark"),
    path("p/<uuid:pk>/damage/<uuid:defect_id>/", views.decide, name="damage-decide"),
    path("p/<uuid:pk>/translate/en/", views.translate, {"language": "en"}, name="translate-en"),
    path("p/<uuid:pk>/translate/is/", views.translate, {"language": "is"}, name="translate-is"),
]
