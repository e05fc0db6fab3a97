"""What a tenant may set, with defaults. Stored as JSON on the tenant, read as one frozen value."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PRINTED = r"^[^\x00-\x1f]*$"
RuleName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


def first_mistake(error: ValidationError) -> str:
    """Where it is and what it is, in a sentence."""
    first = error.errors()[0]
    return ": ".join(filter(None, [".".join(map(str, first["loc"])), f"{first['msg']}."]))


ARM_RULES: dict[str, tuple[float, float]] = {
    "window_days": (7, 730),
    "half_life_days": (1, 365),
    "top": (1, 100),
    "floor": (0, 1),
    "prior_weight": (0, 100),
    "described_prior": (0, 100),
    "quality_reach": (0, 0.5),
}
"""Rule that an arm of a pricing experiment may change -> its least and its most. Asked when it is
written: what a shop has kept before stays readable."""


class PriceStrategy(BaseModel):
    """One arm of a pricing experiment: its share of the items, and the rules it changes."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(min_length=1, max_length=40, pattern=PRINTED)
    share: float = Field(1, ge=0, le=1_000_000)
    changes: dict[RuleName, float] = Field(
        default_factory=dict, json_schema_extra={"additionalProperties": False}
    )


class Studio(BaseModel):
    """How the shop wants its pictures; margin is a share of the canvas, background a CSS colour.

    `automatic`: every photo that is cut out without a doubt gets its picture by itself.
    """

    model_config = ConfigDict(frozen=True)

    margin: float = Field(0.06, ge=0, le=0.4)
    background: str = Field("#ffffff", pattern=r"^(#[0-9a-fA-F]{6})?$")
    shadow: float = Field(0, ge=0, le=1)
    square: bool = True
    long_side: int = Field(1600, ge=16, le=8000)
    automatic: bool = False


Days = Annotated[int, Field(ge=1, le=3650)]
Percent = Annotated[float, Field(ge=0, le=100)]
Actions = Literal["read", "write", "upload", "event", "books"]
"""What is counted apart: see carousel/tenants/limits.py."""
Capabilities = Literal[
    "classify", "extract_attributes", "detect_defects", "describe", "translate", "assess_quality",
    "read_text", "book_candidates",
]  # fmt: skip
"""What a shop may choose models for. Not `embed`: vectors of two models cannot be compared."""


class TenantOptions(BaseModel):
    """Every threshold and limit a shop can turn, with its range."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    same: float = Field(0.92, ge=0.5, le=1, title="Same item from")
    likely: float = Field(0.85, ge=0.5, le=1, title="Likely the same from")
    possibly: float = Field(0.75, ge=0.3, le=1, title="Possibly the same from")
    use_shooting_order: bool = Field(default=True, title="Use the shooting order")
    max_photos_per_group: int = Field(24, ge=2, le=200, title="Most photos in a group")
    advanced_from: Literal["reviewer", "manager", "admin"] = Field(
        "reviewer", title="Who may merge, split and group again"
    )
    price_window_days: int = Field(90, ge=7, le=730, title="Sales window in days")
    price_similarity: float = Field(0.70, ge=0, le=1, title="Comparable above similarity")
    price_comparables: int = Field(20, ge=1, le=100, title="Most comparables")
    price_minimum: int = Field(3, ge=1, le=20, title="Fewest comparables for a price")
    price_half_life_days: int = Field(45, ge=1, le=365, title="Recency half-life in days")
    price_strategies: tuple[PriceStrategy, ...] = Field((), title="Pricing experiment")
    price_auto_accept: bool = Field(default=False, title="Accept confident prices automatically")
    price_auto_confidence: float = Field(0.75, ge=0.5, le=1, title="Automatic above confidence")
    price_auto_highest: int = Field(20_000, ge=0, title="Automatic up to this price")
    price_auto_audit: float = Field(0.1, ge=0, le=1, title="Share of automatic prices to audit")
    markdown_steps: tuple[tuple[Days, Percent], ...] = Field(
        ((30, 15.0), (60, 30.0), (90, 50.0)), title="Mark-downs: days listed, percent off"
    )
    requests_per_minute: int = Field(100, ge=1, le=100_000, title="Requests a minute")
    action_limits: dict[Actions, Annotated[int, Field(ge=1, le=1_000_000)]] = Field(
        default_factory=dict,
        title="Other limits a minute",
        description='By action: read, write, upload, event, books. {"upload": 3000}',
        examples=[{"upload": 3000}],
    )
    models: dict[Capabilities, Annotated[str, Field(max_length=300, pattern=PRINTED)]] = Field(
        default_factory=dict,
        title="Models",
        description='Who is asked first, by capability: {"describe": "local/grammar-1"}',
        examples=[{"describe": "local/grammar-1"}],
    )
    languages: tuple[Literal["en", "is"], ...] = Field(("en", "is"), title="Languages")
    studio: Studio = Field(default=Studio.model_validate({}), title="Pictures for the shop")
