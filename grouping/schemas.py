"""What the groups API takes and gives: shapes only. An unknown field is answered with 422."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field

from carousel.rows import STORABLE

PREFIX = "pg_"
GroupId = Annotated[UUID, BeforeValidator(lambda value: str(value).removeprefix(PREFIX))]
"""A group's id, bare or with its prefix."""


AN_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PLACE = rf"^(-?\d{{1,12}}(\.\d{{1,12}})?/{AN_ID})?$"
"""A group's position and id, or nothing."""


class Body(Schema):
    """What may be sent; an unknown field is a mistake and is answered with 422."""

    model_config = ConfigDict(extra="forbid")


class GroupOut(Schema):
    """`confidence` 0..1 is the mean of the pairs (1 when put together by hand), `weakest` the score
    of the least alike pair, null if unknown; `band` same (>= .92), likely, possibly or single."""

    id: str
    batch_id: UUID
    name: str
    type: str = Field(description="auto, manual or merged")
    state: str = Field(description="open, accepted or rejected")
    confidence: float
    weakest: float | None
    band: str
    consignor: str
    cover: UUID
    photos: list[UUID]
    version: int
    product_id: UUID | None


class GroupsOut(Schema):
    """`next` is the value of `after` for the following page, null at the end."""

    groups: list[GroupOut]
    next: str | None


class EditOut(Schema):
    """What an edit did. `seq` names it for undo, null if nothing changed; `gone` are no more."""

    seq: int | None
    label: str
    groups: list[GroupOut]
    gone: list[str]


class EditLine(Schema):
    seq: int
    kind: str
    label: str
    by: str
    at: Any
    state: str = Field(description="live or undone")
    checkpoint: str


class Update(Body):
    """Only the fields that are sent change. `version` is the one that was read; 409 if it moved."""

    name: str | None = Field(None, max_length=500)
    cover: UUID | None = None
    state: Literal["open", "accepted", "rejected"] | None = None
    version: int | None = None


class Split(Body):
    """The photos to take out together; without them, every photo becomes a group of its own."""

    photos: list[UUID] = []


class Merge(Body):
    """The first group keeps its id and receives all photos."""

    groups: list[GroupId] = Field(min_length=2)


class Move(Body):
    """`to` is a group, "new" or "unsorted"; `index` the place in the group, to its end without."""

    photos: list[UUID] = Field(min_length=1)
    to: Literal["new", "unsorted"] | GroupId
    index: int | None = Field(None, ge=0)


class Listed(Schema):
    """Which groups of a batch, and from where on."""

    filter: Literal["all", "check", "sure", "accepted", "rejected", "singles", "unsorted"] = "all"
    after: str = Field("", pattern=PLACE)
    q: str = Field("", max_length=200, pattern=STORABLE)


class Decide(Body):
    """Groups by id, or `all` the open ones, or only the `sure` ones."""

    groups: list[GroupId] = []
    which: Literal["named", "sure", "all"] = "named"


class Process(Body):
    """The groups to accept and process."""

    groups: list[GroupId] = Field(min_length=1)


class Started(Schema):
    """One listing job for each group."""

    jobs: list[UUID]
    products: list[UUID]


class Undo(Body):
    """The edit to take back, or with `to` all after that one; with neither the caller's last."""

    seq: int | None = None
    to: int | None = Field(None, ge=0)


class Checkpoint(Body):
    """A name for the state of now; going back to it is undo with its `seq` as `to`."""

    name: str = Field(min_length=1, max_length=80)


class MatchOut(Schema):
    """Two groups that may be one item, with the chance 0..1 that they are."""

    groups: list[str]
    score: float


class Judgement(Body):
    """Two groups: `same` merges them into the first, else they are kept apart for good."""

    groups: list[GroupId] = Field(min_length=2, max_length=2)
    same: bool


class SeenOut(Schema):
    """An item of before that a group may be: its standing in words, the chance 0..1."""

    group_id: str
    product_id: UUID
    title: str
    state: str
    standing: str
    score: float


class Encountered(Body):
    """`attach` the group's photos to the item, `relist` the item as this group, or keep `apart`."""

    product_id: UUID
    verdict: Literal["attach", "relist", "apart"]
    version: int | None = None


class TuningOut(Schema):
    """What staff's decisions taught: `before` and `after` are precision, recall and F1 of pairs."""

    id: UUID
    model: str
    state: str = Field(description="proposed, applied, declined or replaced")
    floor: float
    pairs: int
    before: dict[str, float]
    after: dict[str, float]
    created_at: datetime


class Regroup(Body):
    """`strictness` 0 joins freely, 1 only the surest. With `dry_run` nothing is changed."""

    strictness: float = Field(0.5, ge=0, le=1)
    use_order: bool | None = Field(None, description="Let the shooting order count; as before")
    dry_run: bool = False


class RegroupOut(Schema):
    groups_before: int
    groups_after: int
    joined: int
    parted: int
    by_hand: int
