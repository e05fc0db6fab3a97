"""What is plugged into what. Names only, so that nothing here imports an app."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gate:
    """When every job of a batch has passed `step`, the batch's `job` starts."""

    step: str
    job: str


@dataclass(frozen=True)
class Timing:
    """Call a dotted function every so many seconds, or daily at a time in UTC."""

    call: str
    every: float = 0
    at: str = ""
    queue: str = "default"

    @property
    def words(self) -> str:
        return f"every {self.every:g} s" if self.every else f"daily at {self.at} UTC"


@dataclass(frozen=True)
class Benchmark:
    """`call` makes the contest; `needs` is nothing, `servers` or the whole `program`."""

    call: str
    needs: str = ""


@dataclass(frozen=True)
class Alarm:
    """`check` yields (subject, detail) for each thing that is wrong now. Severity 1 to 4."""

    check: str
    severity: int
    title: str


PIPELINES: dict[str, dict[str, list[str]]] = {
    "photo": {
        "inspect": [],
        "cutout": ["inspect"],
        "embed": ["cutout"],
        "classify": ["embed"],
        "attributes": ["embed"],
        "defects": ["classify", "attributes"],
    },
    "analysis": {
        "classify": [],
        "attributes": [],
        "defects": ["classify", "attributes"],
    },
    "fetch": {"fetch": []},
    "group": {"group": []},
    "listing": {"describe": [], "price": ["describe"], "rate": ["price"]},
    "shelf": {"read_text": [], "candidates": ["read_text"], "lookup": ["candidates"]},
}
"""Job kind -> step -> the steps it needs first."""

STEPS = {
    "inspect": "imaging.steps.inspect",
    "cutout": "imaging.steps.cutout",
    "embed": "imaging.steps.embed",
    "classify": "imaging.analysis.steps.classify",
    "attributes": "imaging.analysis.steps.attributes",
    "defects": "imaging.analysis.steps.defects",
    "fetch": "imaging.uploads.links.fetch",
    "group": "grouping.steps.group",
    "describe": "imaging.analysis.steps.describe",
    "price": "pricing.steps.price",
    "rate": "imaging.analysis.steps.rate",
    "read_text": "imaging.bookshelf.steps.read_text",
    "candidates": "imaging.bookshelf.steps.candidates",
    "lookup": "imaging.bookshelf.steps.lookup",
}

QUEUES = {
    **dict.fromkeys(PIPELINES["photo"], "images"),
    "read_text": "books.ocr",
    "candidates": "books.llm",
    "lookup": "books.lookup",
}
"""Step -> Celery queue; anything else goes to `default`."""

UNHURRIED = ("classify", "attributes")
"""Steps that go to the end of their queue, though the worker could do them at once: a batch is
grouped before its photos are given names."""

GATHER = {"photo": Gate(step="embed", job="group")}
COMPLETED = {
    "photo": "imaging.uploads.photos.completed",
    "shelf": "imaging.bookshelf.shelving.completed",
}
FAILED = {
    "photo": "imaging.uploads.photos.failed",
    "fetch": "imaging.uploads.links.failed",
    "shelf": "imaging.bookshelf.shelving.failed",
}

PROVIDERS: dict[str, dict[str, str]] = {
    "embed": {"onnx": "imaging.inference.encoding.provider"},
    "read_text": {
        "local": "imaging.bookshelf.providers.local_reader",
        "textract": "imaging.bookshelf.textract.provider",
    },
    "book_candidates": {
        "local": "imaging.bookshelf.providers.local_parser",
        "bedrock": "imaging.bookshelf.haiku.provider",
    },
}
"""Capability -> kind of provider -> what makes one from the rest of its name."""

SUBSCRIBERS: dict[str, list[str]] = {
    "product.listed": [
        "carousel.events.inbox.wake",
        "imaging.analysis.exemplars.learn_from",
        "imaging.analysis.covers.hear",
    ],
    "product.pictured": ["imaging.analysis.covers.hear"],
    "product.updated": ["imaging.analysis.exemplars.learn_from"],
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

REPLAY = {
    "inbox": "carousel.events.letters.replay_inbox",
    "delivery": "carousel.events.letters.replay_delivery",
    "step": "imaging.uploads.reviving.revive",
}
"""Beginning of a dead letter's origin -> what tries it again and says what it did."""

FIGURES = "grouping.figures.of_batches"
"""Batches -> how many groups each has, and how many still want eyes."""

VERSIONS = "imaging.bookshelf.live.versions"
"""Keys -> their versions, for the live pages: see carousel/live."""

WORK = "imaging.jobs.progress.work_on"
"""How far the work on a subject is, for the item page."""

DOUBTS = "imaging.analysis.checking.sentences"
"""What speaks against publishing an item, in sentences; a person may know better."""

NEIGHBOURS = "pricing.catalogue.neighbours"
DEMO = ["pricing.demo.seed_demo_sales"]
EVALUATIONS: dict[str, str] = {
    "analysis": "imaging.analysis.evaluation.command",
    "books": "imaging.bookshelf.evaluation.command",
    "cutout": "imaging.pixels.evaluation.command",
    "grouping": "grouping.evaluation.command",
    "words": "imaging.analysis.agreement.command",
}

BENCHMARKS: dict[str, Benchmark] = {
    "comparables": Benchmark("pricing.benchmarks.comparables", needs="servers"),
    "cutout": Benchmark("imaging.benchmarks.pixels.cutout"),
    "descriptor": Benchmark("imaging.benchmarks.pixels.vector"),
    "events": Benchmark("carousel.benchmarks.events.events", needs="program"),
    "grouping": Benchmark("grouping.benchmarks.grouping"),
    "pipeline": Benchmark("imaging.benchmarks.sending.pipeline", needs="program"),
    "pricing": Benchmark("pricing.benchmarks.pricing", needs="program"),
    "review": Benchmark("grouping.benchmarks.review", needs="program"),
    "storefront": Benchmark("carousel.benchmarks.storefront.storefront", needs="program"),
    "upload": Benchmark("imaging.benchmarks.sending.upload", needs="program"),
}
"""Name -> work that is measured beside what others would use: `manage.py benchmark`."""

SCHEDULE: dict[str, Timing] = {
    "sweep": Timing("imaging.jobs.sweeper.sweep", every=15),
    "inbox": Timing("carousel.events.inbox.sweep", every=2, queue="events"),
    "relay": Timing("carousel.events.tasks.relay_events", every=2, queue="events"),
    "keys": Timing("carousel.events.inbox.forget", every=3600),
    "originals": Timing("imaging.uploads.expiry.move", every=60),
    "retention": Timing("carousel.ops.retention.run", every=3600),
    "orphans": Timing("imaging.uploads.orphans.run", at="04:00"),
    "heartbeat": Timing("carousel.ops.heartbeat.beat", every=30),
    "alerts": Timing("carousel.ops.alerts.look", every=30),
    "samples": Timing("carousel.ops.samples.take", every=300),
    "lake": Timing("pricing.lake.feed.run", every=60, queue="events"),
    "lake-upkeep": Timing("pricing.lake.upkeep.nightly", at="02:30", queue="events"),
    "validation": Timing("pricing.validation.looking.daily", at="03:00", queue="events"),
    "exports": Timing("carousel.events.reconciling.nightly", at="03:30", queue="events"),
    "legacy-sales": Timing("pricing.legacy.run", at="02:00"),
    "grouping-lessons": Timing("grouping.learning.weekly", at="03:20"),
    "prices": Timing("pricing.nightly.run", at="02:40"),
    "imports": Timing("pricing.handed_in.run", every=30),
}
"""Name -> what runs, and when. The function takes nothing and may return a sentence."""

RETENTION = {
    "accepted originals": "imaging.uploads.expiry.move_accepted",
    "temporary originals": "imaging.uploads.expiry.expire_originals",
    "jobs": "imaging.jobs.expiry.forget",
    "vectors": "imaging.uploads.expiry.forget_vectors",
    "abandoned photos": "grouping.expiry.forget_abandoned",
    "sales": "pricing.expiry.forget_sales",
    "idempotency keys": "carousel.tenants.idempotency.forget",
    "refresh tokens": "carousel.tenants.tokens.forget",
}
"""Name -> what removes some of it and says how many; the times are settings. First things first:
what was accepted is brought to safety before anything expires."""

IMPORTED = ("pricing_sale", "pricing_import")
"""Tables that an import of sales may write: its role in the database can write no other."""

ORPHANS = "imaging.uploads.orphans.sweep"
FILES_IN_USE = ["imaging.uploads.orphans.of_photos", "pricing.expiry.pictures_in_use"]
"""Storage keys -> those of them that a row still names."""

PANELS = [
    "imaging.jobs.panels.panels",
    "imaging.inference.panels.panels",
    "carousel.ops.panels.own",
]
"""What the ops page shows, in this order."""

METRICS = [
    "imaging.jobs.metrics.collect",
    "imaging.inference.metrics.collect",
    "carousel.events.numbers.collect",
    "pricing.lake.numbers.collect",
]
"""Functions that yield Prometheus families at each scrape."""

READINGS = {"steps.waiting": "imaging.jobs.checks.waiting"}
"""Name -> a number to be drawn over time."""

ALARMS: dict[str, Alarm] = {
    "dead-letters": Alarm("carousel.ops.checks.dead_letters", 2, "Dead letters are waiting"),
    "errors": Alarm("carousel.ops.checks.errors", 3, "Over 5 errors in 5 minutes"),
    "throttled": Alarm("imaging.inference.checks.throttled", 3, "A provider throttles us"),
    "uploads": Alarm("carousel.ops.checks.uploads", 3, "Over 5 % of uploads fail"),
    "downloads": Alarm("carousel.ops.checks.downloads", 3, "Over half of reads are retried"),
    "messages": Alarm("carousel.ops.checks.messages", 3, "A message is over 100 KB"),
    "overdue": Alarm("carousel.ops.checks.overdue", 2, "A schedule did not run"),
    "silent-worker": Alarm("carousel.ops.checks.silent_workers", 1, "Nobody works on a queue"),
    "stuck": Alarm("imaging.jobs.checks.stuck", 2, "Work waits over 5 minutes"),
    "temporary-store": Alarm("carousel.ops.checks.temporary_store", 3, "temp/ is over 5 GB"),
    "issuer": Alarm("carousel.ops.checks.issuer", 2, "The issuer's keys cannot be read"),
    "old-keys": Alarm("carousel.ops.checks.old_keys", 4, "Keys are over 90 days old"),
    "partners": Alarm("carousel.events.checks.late", 2, "Partners are not told"),
    "lake": Alarm("pricing.lake.checks.late", 2, "Sales wait for the lake"),
    "validation": Alarm("pricing.lake.checks.variance", 2, "Store and lake differ over 5 %"),
}
"""Name -> what is looked at twice a minute."""

ROUTERS: dict[str, str] = {
    "/auth": "carousel.tenants.api.auth",
    "/settings": "carousel.tenants.api.router",
    "/batches": "imaging.uploads.api.router",
    "/batches/": "grouping.api.batches",
    "": "imaging.uploads.presigned_api.router",
    "/": "imaging.uploads.jobs_api.router",
    "/bg-remover/": "imaging.uploads.jobs_api.remover",
    "/groups": "grouping.api.groups",
    "/grouping": "grouping.api_matches.tunings",
    "/bg-remover": "grouping.api.remover",
    "/products": "carousel.products.api.router",
    "/products/": "carousel.products.pictures_api.router",
    "/analyses": "imaging.analysis.api.router",
    "/pricing": "pricing.api.router",
    "/events": "carousel.events.api.router",
    "/events/": "carousel.events.log_api.router",
    "/books": "imaging.bookshelf.api.router",
}
"""Prefix under /api/v1 -> ninja router."""

TASKS = ["imaging.jobs", "carousel.ops", "carousel.events", "pricing.validation"]
"""Packages whose tasks.py Celery loads."""
