"""Addresses of the books page and of one shelf."""

from django.urls import path

from imaging.bookshelf import views

urlpatterns = [
    path("books/", views.books, name="books"),
    path("books/<uuid:pk>/", views.shelf, name="shelf"),
    path("books/<uuid:pk>/picture", views.picture, name="shelf-picture"),
    path("books/<uuid:pk>/draft/", views.draft, name="shelf-draft"),
    path("books/<uuid:pk>/undraft/", views.undraft, name="shelf-undraft"),
    path("books/<uuid:pk>/retry/", views.retry, name="shelf-retry"),
    path("books/<uuid:pk>/spines/<uuid:spine_pk>/decide/", views.decide, name="spine-decide"),
    path("books/<uuid:pk>/spines/<uuid:spine_pk>/correct/", views.correct, name="spine-correct"),
    path(
        "books/<uuid:pk>/spines/<uuid:spine_pk>/choose/<int:number>/",
        views.choose,
        name="spine-choose",
    ),
    path("live/books/<uuid:pk>/", views.live, name="live-shelf"),
]
