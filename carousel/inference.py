"""Settings of the models: which one answers what, and in which order.

With no region nothing leaves this machine. With `BEDROCK_REGION` the models of the cloud are asked
first, then the local ones. `CHAIN_<CAPABILITY>` replaces a chain: see imaging/inference/routing.py.
"""

import hashlib
import json
import re
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Encoder:
    """An ONNX image encoder: where it is, its sha256, and the name that its vectors carry.

    `mean` and `deviation` are of pixel values 0..255, one number or one for each channel.
    """

    source: str
    sha256: str
    name: str
    mean: tuple[float, ...] = (127.5,)
    deviation: tuple[float, ...] = (127.5,)


def encoder() -> Encoder | None:
    """The encoder of `EMBEDDING_ONNX`, if one is set: another file is another name."""
    source, sha256 = env.text("EMBEDDING_ONNX"), env.text("EMBEDDING_SHA256").lower()
    if not source:
        return None
    if not sha256 and "://" in source:
        raise ImproperlyConfigured("EMBEDDING_ONNX is an address: give EMBEDDING_SHA256 too.")
    if "://" not in source and not Path(source).is_file():
        raise ImproperlyConfigured(f"EMBEDDING_ONNX is {source!r}, which is no file.")
    sha256 = sha256 or _sum(Path(source))
    name = f"{re.sub(r'[^A-Za-z0-9._-]', '-', Path(source).stem)[:60]}-{sha256[:12]}"
    return Encoder(source, sha256, name, _channels("MEAN"), _channels("DEVIATION"))


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _channels(name: str) -> tuple[float, ...]:
    given = env.words(f"EMBEDDING_{name}", "127.5")
    try:
        found = tuple(map(float, given))
    except ValueError as error:
        raise ImproperlyConfigured(f"EMBEDDING_{name} needs one number or three.") from error
    if len(found) not in (1, 3) or (name == "DEVIATION" and min(found) <= 0):
        raise ImproperlyConfigured(f"EMBEDDING_{name} needs one number or three.")
    return found


def chains(region: str, own: Encoder | None = None) -> dict[str, str]:
    """Capability -> its chain as text. An encoder of one's own goes before the cloud's."""
    usual = {name: _usual(name, region) for name in LOCAL}
    if own:
        usual["embed"] = f"onnx/{own.name} > {usual['embed']}"
    return {name: env.text(f"CHAIN_{name.upper()}", usual[name]) for name in LOCAL}


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
