"""What is measured as it happens, in every process; the rest is read from rows at the scrape."""

from prometheus_client import Histogram

REQUESTS = Histogram("carousel_request_seconds", "Time to answer", ["method", "route", "status"])
PAYLOAD = Histogram(
    "carousel_message_bytes",
    "Size of queue messages; 10 KB is refused",
    buckets=(100, 500, 1_000, 5_000, 10_000, 100_000),
)
STORAGE = Histogram(
    "carousel_storage_seconds", "Calls to the file storage", ["operation", "outcome"]
)
LAKE = Histogram("carousel_lake_query_seconds", "Questions to the lake")
