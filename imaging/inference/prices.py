"""What a call costs, in millionths of a US dollar, by the providers' public price lists.

Prices change: `MODEL_PRICES` (JSON: model id prefix -> [in, out, image]) replaces these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Price:
    """Micro-dollars for 1,000 tokens in, 1,000 tokens out, and one image."""

    tokens_in: float
    tokens_out: float
    image: float = 0.0


PRICES = {
    "amazon.titan-embed-image": Price(0.8, 0, 60),
    "cohere.embed": Price(100, 0, 100),
    "anthropic.claude-3-5-sonnet": Price(3000, 15000),
    "anthropic.claude-3-haiku": Price(250, 1250),
    "mistral.mistral-large": Price(4000, 12000),
    "mistral.mistral-small": Price(1000, 3000),
    "amazon.titan-text-express": Price(200, 600),
    "amazon.nova-lite": Price(60, 240),
    "detect": Price(0, 0, 1500),  # Textract's DetectDocumentText, by the page.
}


def cost(
    model: str, tokens_in: int, tokens_out: int, images: int, known: Mapping[str, Price] = PRICES
) -> int:
    """Micro-dollars, rounded up; 0 for a model without a price (local ones)."""
    found = [prefix for prefix in known if prefix in model]
    if not found:
        return 0
    price = known[max(found, key=len)]
    total = price.tokens_in * tokens_in / 1000 + price.tokens_out * tokens_out / 1000
    return -int(-(total + price.image * images) // 1)


def known(given: Mapping[str, Sequence[float]]) -> dict[str, Price]:
    """Ours, with the given ones over them."""
    return PRICES | {model: Price(*price) for model, price in given.items()}
