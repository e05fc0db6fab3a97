"""Each photo's nearest in a batch too large for one process, found by the database.

Its vectors are laid out in a table of this transaction with an HNSW index of its own, so that the
work grows with the photos and not with their square, and no other shop's vectors dilute it.
"""

from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from grouping.calibration import Calibration
from grouping.clustering import PhotoFacts
from grouping.neighbourhood import EXACT
from imaging.models import Batch

IN_MEMORY = 20_000
"""Up to so many photos one process is faster: 8 seconds where the index takes a minute."""
WANTED = 30
"""Neighbours of each photo; its item and its best look-alikes are among them."""
SEARCHED = 60
LONGEST_MS = 600_000

PREPARE = f"""
    SET LOCAL statement_timeout = {LONGEST_MS};
    SET LOCAL maintenance_work_mem = '512MB';
    SET LOCAL hnsw.ef_search = {SEARCHED};
    SET LOCAL enable_seqscan = off;
    DROP TABLE IF EXISTS pg_temp.nearby;
"""
LAY_OUT = """
    CREATE TEMP TABLE nearby ON COMMIT DROP AS
    SELECT e.photo_id, e.vector FROM imaging_embedding e
    JOIN imaging_photo p ON p.id = e.photo_id
    WHERE p.batch_id = %s AND p.deleted_at IS NULL AND e.model = %s
"""
INDEX = """
    CREATE INDEX ON nearby USING hnsw (vector halfvec_cosine_ops)
    WITH (m = 12, ef_construction = 48);
    ANALYZE nearby;
"""
SEARCH = f"""
    SELECT one.photo_id::text, other.photo_id::text, 1 - other.distance
    FROM nearby one CROSS JOIN LATERAL (
        SELECT each.photo_id, each.vector <=> one.vector AS distance
        FROM nearby each ORDER BY each.vector <=> one.vector LIMIT {WANTED + 1}
    ) other
    WHERE other.photo_id <> one.photo_id
"""


def of_batch(
    batch: Batch,
    photos: Sequence[PhotoFacts],
    calibration: Calibration,
    in_memory: int = IN_MEMORY,
) -> Mapping[str, Mapping[str, float]] | None:
    """Photo -> neighbour -> cosine. None for a batch that one process can look through: up to
    `in_memory` photos, or EXACT where the cosine is the score and so all pairs are wanted."""
    wanted = [photo.id for photo in photos if not photo.is_tag]
    if len(wanted) <= (min(EXACT, in_memory) if calibration.is_direct else in_memory):
        return None
    found: dict[str, dict[str, float]] = {photo: {} for photo in wanted}
    for one, other, cosine in _searched(batch, calibration.model):
        if one in found and other in found:
            found[one][other] = cosine
    return found


@transaction.atomic
def _searched(batch: Batch, model: str) -> list[tuple[str, str, float]]:
    with connection.cursor() as cursor:
        cursor.execute(PREPARE)
        cursor.execute(LAY_OUT, [batch.pk, model])
        cursor.execute(INDEX)
        cursor.execute(SEARCH)
        return list(cursor.fetchall())
