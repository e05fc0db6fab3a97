"""What is plugged into what. Names only, so that nothing here imports an app."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gate:
    """When every job of a batch has passed `step`, the batch's `job` starts."""

    step: str
    job: str


PIPELINES: dict[str, dict[str, list[str]]] = {
    "photo": {
        "inspect": [],
        "cutout": ["inspect"],
        "embed": ["cutout"],
        "classify": ["embed"],
        "attributes": ["embed"],
        "defects": ["classify", "attributes"],
    },
    "group": {"group": []},
    "listing": {"describe": [], "price": ["describe"], "rate": ["price"]},
}
"""Job kind -> step -> the steps it needs first."""

STEPS = {
    "inspect": "imaging.steps.inspect",
    "cutout": "imaging.steps.cutout",
    "embed": "imaging.steps.embed",
    "classify": "imaging.analysis.steps.classify",
    "attributes": "imaging.analysis.steps.attributes",
    "defects": "imaging.analysis.steps.defects",
    "group": "grouping.steps.group",
    "describe": "imaging.analysis.steps.describe",
    "price": "pricing.steps.price",
    "rate": "imaging.analysis.steps.rate",
}

QUEUES = {"inspect": "images", "cutout": "images", "embed": "images", "defects": "images"}
"""Step -> Celery queue; anything else goes to `default`."""

GATHER = {"photo": Gate(step="embed", job="group")}
COMPLETED = {"photo": "imaging.uploads.photos.completed"}
FAILED = {"photo": "imaging.uploads.photos.failed"}

SUBSCRIBERS: dict[str, list[str]] = {
    "product.listed": ["carousel.events.inbox.wake"],
    "product.sold": ["pricing.sold.record_sale"],
}
"""Event kind -> functions called with the event, in the same transaction."""

INBOX = {
    "product.listed": "carousel.products.news.hear",
    "product.updated": "carousel.products.news.hear",
    "product.sold": "carousel.products.news.hear",
    "product.delisted": "carousel.products.news.hear",
}
"""Kind of a received event -> what it does, in the transaction that takes it."""

VERSIONS = "imaging.uploads.progress.versions"
"""Keys -> their versions, for the live pages: see carousel/live."""

WORK = "imaging.jobs.progress.work_on"
"""How far the work on a subject is, for the item page."""

NEIGHBOURS = "pricing.catalogue.neighbours"
DEMO = ["pricing.demo.seed_demo_sales"]
EVALUATIONS: dict[str, str] = {"grouping": "grouping.evaluation.command"}

SCHEDULE: dict[str, tuple[str, float]] = {"sweep": ("imaging.jobs.tasks.sweep", 15)}
"""Name -> task, seconds between runs. Daily work: see carousel/celery.py."""

ROUTERS: dict[str, str] = {
    "/auth": "carousel.tenants.api.auth",
    "/settings": "carousel.tenants.api.router",
    "/batches": "imaging.uploads.api.router",
    "/products": "carousel.products.api.router",
    "/events": "carousel.events.api.router",
}
"""Prefix under /api/v1 -> ninja router."""

TASKS = ["imaging.jobs"]
"""Packages whose tasks.py Celery loads."""
