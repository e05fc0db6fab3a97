"""Addresses of batches, uploads, progress and pictures."""

from django.urls import path

from imaging.uploads import pictures, progress_views, putting, views

urlpatterns = [
    path("", views.batches, name="batches"),
    path("b/new/", views.new, name="new-batch"),
    path("b/<uuid:pk>/", views.upload, name="upload"),
    path("b/<uuid:pk>/rename/", views.rename, name="rename-batch"),
    path("b/<uuid:pk>/receipt/", views.receipts, name="receipts"),
    path("b/<uuid:pk>/select/", views.select, name="select-files"),
    path("b/<uuid:pk>/select/<uuid:receipt_pk>/manifest/", views.manifest, name="manifest"),
    path("b/<uuid:pk>/select/<uuid:receipt_pk>/not-sent/", views.not_sent, name="not-sent"),
    path("b/<uuid:pk>/select/<uuid:receipt_pk>/<int:number>/", views.file, name="send-file"),
    path("b/<uuid:pk>/progress/", progress_views.show, name="progress"),
    path("b/<uuid:pk>/stop/", progress_views.stop, name="stop-batch"),
    path("b/<uuid:pk>/retry/", progress_views.retry_all, name="retry-batch"),
    path("put/", putting.put, name="put-file"),
    path("live/b/<uuid:pk>/", progress_views.live, name="live-progress"),
    path("photos/<uuid:pk>/retry/", progress_views.retry, name="retry-photo"),
    path("photos/<uuid:pk>/<str:variant>", pictures.picture, name="picture"),
]
