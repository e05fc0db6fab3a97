"""The rules of a product's life, as values: no clock, no database, no request.

A product is drafted, listed, maybe updated, then sold or delisted. News of these may arrive in any
order; `verdict` says what late or early news means, so that every order ends in the same state.
Sold is the end: what a storefront does to a listing after the sale changes nothing here.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.db.models import TextChoices


class State(TextChoices):
    DRAFT = "draft"
    LISTED = "listed"
    UPDATED = "updated"
    SOLD = "sold"
    DELISTED = "delisted"


ON_SALE = (State.LISTED, State.UPDATED)

COMES_FROM: dict[State, tuple[State, ...]] = {
    State.DRAFT: (),
    State.LISTED: (State.DRAFT,),
    State.UPDATED: ON_SALE,
    State.SOLD: ON_SALE,
    State.DELISTED: ON_SALE,
}


class Verdict(Enum):
    APPLY = "apply"
    NOTHING_NEW = "nothing new"
    TOO_EARLY = "too early"
    NEVER = "never"


@dataclass(frozen=True)
class Standing:
    """Where a product stands and since when. Times are None for what has not happened."""

    state: State
    sold_at: datetime | None = None
    delisted_at: datetime | None = None


def verdict(standing: Standing, news: State, at: datetime) -> Verdict:
    """What hearing now that the product became `news` at the time `at` should do."""
    if standing.state == State.DRAFT:
        return Verdict.APPLY if news == State.LISTED else Verdict.TOO_EARLY
    if news == State.LISTED:
        return _listed_again(standing, at)
    if standing.state == State.SOLD:
        return Verdict.NOTHING_NEW
    if standing.state == State.DELISTED:
        return _after_delisting(standing, news, at)
    return Verdict.APPLY


def _listed_again(standing: Standing, at: datetime) -> Verdict:
    """A listing after the end of the old one is a new listing, never a return of the old."""
    ended = standing.sold_at or standing.delisted_at
    return Verdict.NEVER if ended and at > ended else Verdict.NOTHING_NEW


def _after_delisting(standing: Standing, news: State, at: datetime) -> Verdict:
    """A sale made before the delisting counts although we hear of it afterwards."""
    if news == State.DELISTED:
        return Verdict.NOTHING_NEW
    in_time = standing.delisted_at is not None and at <= standing.delisted_at
    if news == State.SOLD:
        return Verdict.APPLY if in_time else Verdict.NEVER
    return Verdict.NOTHING_NEW if in_time else Verdict.NEVER
