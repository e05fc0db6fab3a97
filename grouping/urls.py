"""Addresses of the review page and of each edit."""

from django.urls import path

from grouping import editing, lessons_page, live, views

STATES = {"accept": "accepted", "reopen": "open", "reject": "rejected"}

urlpatterns = [
    path("b/<uuid:pk>/review/", views.review, name="review"),
    path("b/<uuid:pk>/review/live/", live.live, name="review-live"),
    path("b/<uuid:pk>/presence/", live.presence, name="review-presence"),
    path("b/<uuid:pk>/edits/", views.edits, name="review-edits"),
    path("b/<uuid:pk>/sure/", views.sure, name="review-sure"),
    path("b/<uuid:pk>/targets/", views.targets, name="review-targets"),
    path("b/<uuid:pk>/pairs/", views.pairs, name="review-pairs"),
    path("b/<uuid:pk>/seen/", views.seen, name="review-seen"),
    path("settings/grouping/", lessons_page.lessons, name="grouping-lessons"),
    path("settings/grouping/<uuid:pk>/", lessons_page.decide, name="grouping-lesson"),
    path("b/<uuid:pk>/regroup/preview/", views.regrouping_preview, name="review-strictness"),
    path("g/<uuid:pk>/", views.group, name="group"),
    path("g/<uuid:pk>/why/", views.inspect, name="group-why"),
    path("b/<uuid:pk>/move/", editing.move, name="review-move"),
    path("b/<uuid:pk>/merge/", editing.merge, name="review-merge"),
    path("b/<uuid:pk>/reject-all/", editing.reject_all, name="review-reject-all"),
    path("b/<uuid:pk>/undo/", editing.undo, name="review-undo"),
    path("b/<uuid:pk>/redo/", editing.redo, name="review-redo"),
    path("b/<uuid:pk>/checkpoint/", editing.checkpoint, name="review-checkpoint"),
    path("b/<uuid:pk>/regroup/", editing.regroup, name="review-regroup"),
    path("b/<uuid:pk>/pairs/judge/", editing.judge_pair, name="review-judge"),
    path("g/<uuid:pk>/rename/", editing.rename, name="group-rename"),
    path("g/<uuid:pk>/split/", editing.split, name="group-split"),
    path("g/<uuid:pk>/cut/", editing.cut, name="group-cut"),
    path("g/<uuid:pk>/encounter/", editing.encounter, name="group-encounter"),
    path("g/<uuid:pk>/cover/", editing.cover, name="group-cover"),
    *[
        path(f"b/<uuid:pk>/{word}/", editing.decide_many, {"state": state}, name=f"review-{word}")
        for word, state in STATES.items()
    ],
    *[
        path(f"g/<uuid:pk>/{word}/", editing.decide, {"state": state}, name=f"group-{word}")
        for word, state in STATES.items()
    ],
]
