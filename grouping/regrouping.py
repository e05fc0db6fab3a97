"""Propose groups for what nobody has decided yet, preview that, and make it one edit.

The proposal is worked out outside the transaction, which may take seconds. When it is applied, what
a person decided meanwhile wins: their groups stay, and their photos drop out of the proposal.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.timezone import now

from carousel.models import User
from grouping import clustering, comparing, facts, history, learning, nearest, storing
from grouping.board import SINGLE, Board, Card, pair
from grouping.history import Asked, Scope
from grouping.models import Edit, Review
from grouping.order import Moment, shooting_order
from imaging.models import Batch, Photo


@dataclass(frozen=True)
class Plan:
    """A proposal for the free photos of a batch, each photo's place in the shooting order, and what
    the consignors' cards among the photos say."""

    proposal: clustering.Proposal
    places: Mapping[UUID, int]
    strictness: float
    use_order: bool
    model: str
    cards: Mapping[UUID, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """What applying a plan would do, without doing it."""

    groups_before: int
    groups_after: int
    joined: tuple[tuple[UUID, ...], ...]
    parted: tuple[Card, ...]
    by_hand: int


def plan(batch: Batch, strictness: float | None = None, use_order: bool | None = None) -> Plan:  # noqa: FBT001
    """Propose groups for the photos that no person has decided about."""
    review = Review.objects.filter(batch=batch).first() or Review(batch=batch)
    wanted = review.strictness if strictness is None else strictness
    photos = list(batch.photos.live().order_by("index", "id"))
    ordered = review.use_order if use_order is None else use_order
    model = comparing.model_of(batch)
    told = facts.of_batch(batch, photos, model)
    must, cannot = facts.links(batch)
    calibration = learning.calibration_of(batch.tenant, model)
    proposal = clustering.propose(
        told,
        calibration=calibration,
        options=_options(batch, wanted, ordered),
        must=must,
        cannot=cannot,
        neighbours=nearest.of_batch(batch, told, calibration),
    )
    return Plan(proposal, _places(photos), wanted, ordered, model, facts.cards(photos))


def apply(batch: Batch, plan: Plan, user: User | None = None) -> Edit | None:
    """Make the plan one edit, by `user` or by the program. None if it changes nothing."""
    label = f"Grouped {sum(len(group.ids) for group in plan.proposal.groups)} photos"
    asked = Asked(kind="regroup" if user else "group", label=label, user=user, remember=False)
    free = facts.still_there(batch)
    row = history.perform(
        batch, asked, Scope(everything=True), lambda board: regrouped(board, plan, free)
    )
    Review.objects.update_or_create(
        batch=batch,
        defaults={
            "tenant_id": batch.tenant_id,
            "strictness": plan.strictness,
            "use_order": plan.use_order,
            "model": plan.model,
            "matches": _matches(plan.proposal),
            "grouped_at": now(),
        },
    )
    return row


def previewed(batch: Batch, plan: Plan) -> Preview:
    """What applying the plan to the batch would do."""
    with transaction.atomic():
        board = storing.load_all(batch).board
    return preview(board, plan, facts.still_there(batch))


def preview(board: Board, plan: Plan, there: frozenset[UUID]) -> Preview:
    """The groups that would be joined of several, and those that would be taken apart. Pure."""
    after = regrouped(board, plan, there)
    old = {photo: card.id for card in board.cards.values() for photo in card.photos}
    new = {photo: card.id for card in after.cards.values() for photo in card.photos}
    joined = [card.photos for card in after.cards.values() if _spread(card.photos, old) > 1]
    parted = [card for card in board.cards.values() if _spread(card.photos, new) > 1]
    by_hand = sum(card.is_by_hand for card in board.cards.values())
    return Preview(len(board.cards), len(after.cards), tuple(joined), tuple(parted), by_hand)


def regrouped(board: Board, plan: Plan, there: frozenset[UUID]) -> Board:
    """The board with the plan's groups in place of those that no person has touched. Pure.

    A proposed group takes the place and name of the untouched one that it shares most photos with.
    One with a photo that was not compared, for its vector is forgotten with time, stays as it is.
    """
    told = _told(plan.proposal)
    kept = {
        id_: card
        for id_, card in board.cards.items()
        if card.is_by_hand or not told.issuperset(there.intersection(card.photos))
    }
    taken = {photo for card in kept.values() for photo in card.photos} | board.aside
    old = {id_: card for id_, card in board.cards.items() if id_ not in kept}
    names = _new_names(board.cards.values())
    made: dict[UUID, Card] = {}
    for group in plan.proposal.groups:
        photos = tuple(id_ for id_ in map(UUID, group.ids) if id_ in there and id_ not in taken)
        if photos:
            was = _closest(photos, old)
            known = old.pop(was.id) if was else None
            card = _card(group, photos, plan, known)
            made[card.id] = card if known else replace(card, name=next(names))
    tags = frozenset(map(UUID, plan.proposal.tags)) & there - taken
    return replace(board, cards={**kept, **made}, aside=board.aside | tags)


def _told(proposal: clustering.Proposal) -> frozenset[UUID]:
    """Every photo that the proposal is about."""
    grouped = (id_ for group in proposal.groups for id_ in group.ids)
    return frozenset(map(UUID, [*grouped, *proposal.tags]))


def _options(batch: Batch, strictness: float, use_order: bool) -> clustering.ClusterOptions:  # noqa: FBT001
    tenant = batch.tenant.options
    return clustering.ClusterOptions(
        use_order=use_order and tenant.use_shooting_order,
        same=tenant.same,
        likely=tenant.likely,
        floor=tenant.possibly,
        largest=tenant.max_photos_per_group,
        strictness=strictness,
    )


def _places(photos: Sequence[Photo]) -> dict[UUID, int]:
    moments = [Moment(photo.index, photo.filename, photo.taken_at) for photo in photos]
    sequence = shooting_order(moments).sequence
    return {photos[at].pk: place for place, at in enumerate(sequence)}


def _card(
    group: clustering.ProposedGroup, photos: tuple[UUID, ...], plan: Plan, known: Card | None
) -> Card:
    alone = len(photos) == 1
    return Card(
        id=known.id if known else uuid4(),
        name=known.name if known else "",
        photos=photos,
        confidence=min(1.0, max(0.0, group.confidence)),
        weakest=None if alone or group.weakest is None else group.weakest.score,
        band=SINGLE if alone else _band(group),
        position=float(min(plan.places.get(photo, 0) for photo in photos)),
        consignor=group.consignor or "",
        why=_why(group, plan),
    )


def _band(group: clustering.ProposedGroup) -> str:
    return str(group.band) if group.band else "possibly"


def _why(group: clustering.ProposedGroup, plan: Plan) -> dict[str, Any]:
    return {
        "rule": group.rule,
        "weakest": _pair_json(group.weakest),
        "strongest": _pair_json(group.strongest),
        "gap": group.max_time_gap,
        "model": plan.model,
    } | _told_by_card(group, plan)


def _told_by_card(group: clustering.ProposedGroup, plan: Plan) -> dict[str, str]:
    """What else the card says that stands before the group: its SKU and place, if it names them."""
    first = min(plan.places.get(UUID(id_), 0) for id_ in group.ids)
    before = [card for card in plan.cards if plan.places.get(card, 0) < first]
    card = plan.cards[max(before, key=lambda at: plan.places[at])] if before else {}
    return {name: card[name] for name in ("sku", "location") if card.get(name)}


def _pair_json(found: clustering.Pair | None) -> list[Any] | None:
    return [found.a, found.b, round(found.score, 4)] if found else None


def _closest(photos: tuple[UUID, ...], old: Mapping[UUID, Card]) -> Card | None:
    shared = [(len(set(photos) & set(card.photos)), card) for card in old.values()]
    most, card = max(shared, key=lambda found: found[0], default=(0, None))
    return card if most else None


def _new_names(cards: Iterable[Card]) -> Iterator[str]:
    endings = [card.name.removeprefix("Item ") for card in cards]
    last = max((int(ending) for ending in endings if ending.isdecimal()), default=0)
    return (f"Item {number}" for number in count(last + 1))


def _spread(photos: Sequence[UUID], where: Mapping[UUID, UUID]) -> int:
    return len({where[photo] for photo in photos if photo in where})


def _matches(proposal: clustering.Proposal) -> list[list[Any]]:
    best = sorted(proposal.suggestions, key=lambda found: -found.score)[:500]
    groups = proposal.groups
    return [
        [*map(str, pair(UUID(groups[s.a].ids[0]), UUID(groups[s.b].ids[0]))), round(s.score, 4)]
        for s in best
    ]
