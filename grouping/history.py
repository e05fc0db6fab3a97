"""Make an edit to a batch's groups, take it back, make it again. Every edit is kept.

Each of these locks the batch's review first, so the edits of a batch happen one after another;
what a person saw is checked by the version of each group, so no edit overwrites an unseen one.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db.models import F
from django.utils.timezone import localtime, now

from carousel.errors import Refused
from carousel.models import User
from grouping import accepting, attaching, labels, storing
from grouping.atomically import one_transaction
from grouping.board import Board, Edit, Pair, apply, between, decisions, difference, side_to_json
from grouping.measuring import measured
from grouping.models import Edit as EditRow
from grouping.models import Link, Review
from imaging.models import Batch

log = logging.getLogger(__name__)

Change = Callable[[Board], Board]


class Stale(Refused):
    """The groups that a person saw are not the groups that are there now."""

    def __init__(self, message: str, groups: Collection[UUID]) -> None:
        super().__init__(message)
        self.groups = frozenset(groups)


@dataclass(frozen=True)
class Asked:
    """Who wants what: the `kind` of edit, the versions they saw, the form's token.

    `label` is what the log calls it, worked out from the edit when empty. `remember`: whether the
    photos brought together or taken apart bind later grouping. `parts`: groups judged to be
    different items.
    """

    kind: str
    label: str = ""
    user: User | None = None
    versions: Mapping[UUID, int] = field(default_factory=dict)
    key: str = ""
    remember: bool = True
    parts: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Scope:
    """What an edit may touch: groups and photos by id, or everything; `makes_groups` if it may."""

    groups: Collection[UUID] = ()
    photos: Collection[UUID] = ()
    everything: bool = False
    makes_groups: bool = False


@one_transaction
def perform(batch: Batch, asked: Asked, scope: Scope, change: Change) -> EditRow | None:
    """Make one edit. None if it changes nothing; the edit of before if the form was sent twice."""
    version = Review.objects.advance(batch)
    done = batch.edits.filter(key=asked.key).first() if asked.key else None
    if done:
        return done
    loaded = _load(batch, scope)
    _check_seen(batch, loaded, asked.versions)
    board = _ready(batch, loaded.board, scope)
    edit = measured(difference(board, change(board)), batch)
    if not edit and not asked.parts:
        return None
    _follow(batch, loaded, version, edit, asked.user)
    return _keep(batch, asked, edit, version, between(board, asked.parts))


@one_transaction
def undo(batch: Batch, user: User | None, seq: int | None = None) -> EditRow:
    """Take back this person's latest edit, or the one that is named; refused if it was built on.

    Taken back by this person already, a named one stays so: their answer was lost.
    """
    version = Review.objects.advance(batch)
    done = batch.edits.undone().filter(seq=seq, changed_by=user).first() if seq else None
    if done:
        return done
    row = batch.edits.live().filter(seq=seq).first() if seq else batch.edits.last_of(user)
    if row is None:
        raise Refused("There is nothing of yours to undo.")
    return _turn(batch, row, version, EditRow.State.UNDONE, user)


@one_transaction
def redo(batch: Batch, user: User | None, seq: int | None = None) -> EditRow:
    """Make the edit again that this person took back last; once, if it is named."""
    version = Review.objects.advance(batch)
    again = batch.edits.live().filter(changed_by=user, version__gt=F("seq"))
    done = again.filter(seq=seq).first() if seq else None
    if done:
        return done
    row = batch.edits.next_of(user)
    if row is None:
        raise Refused("There is nothing to redo.")
    return _turn(batch, row, version, EditRow.State.LIVE, user)


@one_transaction
def undo_to(batch: Batch, user: User | None, seq: int) -> list[EditRow]:
    """Take back everything after edit `seq`, whoever made it: all of it or nothing."""
    rows = list(batch.edits.live().filter(seq__gt=seq).order_by("-seq"))
    return [
        _turn(batch, row, Review.objects.advance(batch), EditRow.State.UNDONE, user) for row in rows
    ]


def name_checkpoint(batch: Batch, name: str) -> EditRow:
    """Give the present state a name that one can return to."""
    row = batch.edits.live().first()
    clean = " ".join(name.split())[:80]
    if row is None or not clean:
        raise Refused("Give the version a name, after the first edit.")
    EditRow.objects.filter(pk=row.pk).update(checkpoint=clean)
    row.checkpoint = clean
    return row


def _load(batch: Batch, scope: Scope) -> storing.Loaded:
    if scope.everything:
        return storing.load_all(batch)
    return storing.load(batch, scope.groups, scope.photos)


def _ready(batch: Batch, board: Board, scope: Scope) -> Board:
    limit = batch.tenant.options.max_photos_per_group
    cards = list(board.cards.values()) if scope.makes_groups else []
    return replace(board, limit=limit, following=storing.followers(batch, cards[:20]))


def _turn(batch: Batch, row: EditRow, version: int, state: str, user: User | None) -> EditRow:
    """Swap the sides of an edit: undo it, or make it again."""
    change = row.change if state == EditRow.State.LIVE else row.change.undone()
    live = storing.live_photos(batch, change.photos)
    change = change.without(change.photos - live)
    loaded = storing.load(batch, change.groups, change.photos)
    try:
        apply(loaded.board, change)
    except Refused as refusal:
        raise Stale(_what_came_between(batch, row), change.groups) from refusal
    _follow(batch, loaded, version, change, user, is_turn=True)
    row.state, row.version = state, version
    row.changed_at, row.changed_by = now(), user
    row.save(update_fields=["state", "version", "changed_at", "changed_by"])
    return row


def _follow(
    batch: Batch,
    loaded: storing.Loaded,
    version: int,
    edit: Edit,
    user: User | None,
    *,
    is_turn: bool = False,
) -> None:
    """Write the change and what hangs on it: products, open pages."""
    accepting.let_go(edit, loaded.rows, user, may_delist=is_turn)
    storing.write(batch, edit, version, loaded.rows)
    accepting.take_up(batch, edit, user)
    attaching.follow(edit, user)
    Batch.objects.touch(batch.pk)


def _keep(batch: Batch, asked: Asked, edit: Edit, version: int, apart: frozenset[Pair]) -> EditRow:
    row = EditRow.objects.create(
        tenant_id=batch.tenant_id,
        batch=batch,
        seq=version,
        version=version,
        user=asked.user,
        changed_by=asked.user,
        kind=asked.kind,
        label=(asked.label or labels.label(asked.kind, edit))[:200],
        before=side_to_json(edit.before, edit.aside_before),
        after=side_to_json(edit.after, edit.aside_after),
        groups=sorted({*edit.groups, *asked.parts}),
        key=asked.key,
    )
    joined, parted = decisions(edit) if asked.remember else (frozenset(), frozenset())
    said = dict.fromkeys(joined, Link.Verdict.MUST)
    _link(row, said | dict.fromkeys(parted | apart, Link.Verdict.CANNOT))
    log.info("edit %s of batch %s: %s", row.seq, batch.pk, row.kind)
    return row


def _link(row: EditRow, said: Mapping[Pair, str]) -> None:
    Link.objects.bulk_create(
        Link(tenant_id=row.tenant_id, edit=row, a_id=a, b_id=b, verdict=said[a, b])
        for a, b in sorted(said)
    )


def _check_seen(batch: Batch, loaded: storing.Loaded, versions: Mapping[UUID, int]) -> None:
    moved_on = [
        group
        for group, version in versions.items()
        if group not in loaded.rows or loaded.rows[group].version != version
    ]
    if moved_on:
        raise Stale(_who_changed(batch, moved_on), moved_on)


def _who_changed(batch: Batch, groups: Collection[UUID]) -> str:
    last = batch.edits.touching(groups).select_related("changed_by").order_by("-version").first()
    if last is None:
        return "That group is no longer there."
    at = f"{localtime(last.changed_at):%H:%M}"
    return f"{_name(last.changed_by)} changed this at {at}: {last.label}."


def _what_came_between(batch: Batch, row: EditRow) -> str:
    later = (
        batch.edits.live().touching(row.groups).exclude(pk=row.pk).filter(version__gt=row.version)
    )
    last = later.select_related("changed_by").order_by("-version").first()
    if last is None:
        return f"“{row.label}” cannot be taken back: its groups have changed since."
    return (
        f"“{row.label}” cannot be taken back: {_name(last.changed_by)} changed its groups"
        f" at {localtime(last.changed_at):%H:%M} ({last.label})."
    )


def _name(user: User | None) -> str:
    return str(user) if user else "The program"
