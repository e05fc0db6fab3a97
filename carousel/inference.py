"""Settings of the models: which one answers what, and in which order.

With no region nothing leaves this machine. With `BEDROCK_REGION` the models of the cloud are asked
first, then the local ones. `CHAIN_<CAPABILITY>` replaces a chain: see imaging/inference/routing.py.
"""

import json
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from carousel import env

SONNET = "anthropic.claude-3-5-sonnet-20241022-v2:0"
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"

CLOUD = {
    "embed": ("amazon.titan-embed-image-v1", "cohere.embed-english-v3"),
    "classify": (SONNET, HAIKU),
    "extract_attributes": (SONNET, HAIKU),
    "detect_defects": (SONNET, HAIKU),
    "describe": ("mistral.mistral-large-2402-v1:0", "amazon.titan-text-express-v1"),
    "translate": (HAIKU, "mistral.mistral-small-2402-v1:0"),
    "assess_quality": ("amazon.nova-lite-v1:0",),
    "book_candidates": (HAIKU,),
}
LOCAL = {
    "embed": "descriptor-1",
    "classify": "vote-1",
    "extract_attributes": "colours-1",
    "detect_defects": "spots-1",
    "describe": "grammar-1",
    "translate": "grammar-1",
    "assess_quality": "inside-1",
    "read_text": "rapidocr-1",
    "book_candidates": "parser-1",
}


def chains(region: str) -> dict[str, str]:
    """Capability -> its chain as text."""
    return {name: env.text(f"CHAIN_{name.upper()}", _usual(name, region)) for name in LOCAL}


def providers(capability: str, chain: str) -> set[str]:
    """Every name that may stand in a chain of this capability, beside those of its own `chain`."""
    own = {part.split("@")[0].strip() for part in chain.replace("|", ">").split(">")}
    return (
        own
        | {f"bedrock/{model}" for model in CLOUD.get(capability, ())}
        | {f"local/{LOCAL[capability]}"}
    )


def model_prices() -> dict[str, list[float]]:
    """`MODEL_PRICES`: model id -> micro-dollars for 1,000 tokens in, 1,000 out, and an image."""
    try:
        given: dict[str, list[float]] = dict(json.loads(env.text("MODEL_PRICES", "{}")))
    except (ValueError, TypeError) as error:
        raise ImproperlyConfigured(f"MODEL_PRICES is no JSON object: {error}.") from error
    for model, price in given.items():
        if not isinstance(price, list) or len(price) != 3:
            raise ImproperlyConfigured(f"MODEL_PRICES: {model} needs [in, out, image].")
    return given


def glossary_folder() -> Path | None:
    """Where the shop's own words lie, if it has any."""
    given = env.text("CAROUSEL_GLOSSARY")
    if given and not Path(given).is_dir():
        raise ImproperlyConfigured(f"CAROUSEL_GLOSSARY is {given!r}, which is no folder.")
    return Path(given).resolve() if given else None


def _usual(name: str, region: str) -> str:
    cloud = [f"bedrock/{model}" for model in CLOUD.get(name, ())] if region else []
    return " > ".join([*cloud, f"local/{LOCAL[name]}"])
