"""Amazon Bedrock's models as providers: one request each, in the shape that each model wants.

Botocore tries once; whether to try again, or to ask another model, is the chain's business. Claude,
Mistral and Nova are asked through Converse, Titan and Cohere through InvokeModel.
"""

import base64
import io
import json
from collections.abc import Callable
from functools import cache, partial
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from PIL import Image

from carousel.errors import GiveUp, Retry
from imaging.inference import budget, prompts, replies
from imaging.inference.answers import Answer, Embedded, Look, Telling

Provider = Callable[[object], Answer]

CONNECT_SECONDS, READ_SECONDS = 3, 25
MAX_TOKENS = 900
WRONG_QUESTION = {"ValidationException"}
"""What no other model would answer either. Everything else moves on to the next model."""
REFUSED = {"content_filtered", "guardrail_intervened"}


@cache
def client() -> Any:
    """One per process: botocore's clients may be shared by threads."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=16,
        tcp_keepalive=True,
    )
    return boto3.client("bedrock-runtime", region_name=settings.BEDROCK_REGION, config=config)


def provider(capability: str, model: str) -> Provider:
    """How this model answers this capability."""
    if capability == "embed":
        return partial(embed, model)
    if model.startswith("amazon.titan-text"):
        return partial(tell_by_titan, model)
    return partial(converse, capability, model)


def converse(capability: str, model: str, question: object) -> Answer:
    """One turn with Claude, Mistral or Nova. The answer is checked before it is believed."""
    prompt = prompts.prompt(capability, question)
    content: list[dict[str, Any]] = [{"text": prompt.question}]
    if isinstance(question, Look):
        picture = {"format": "webp", "source": {"bytes": question.picture}}
        content.insert(0, {"image": picture})
    reply = _call(
        "converse",
        modelId=model,
        system=[{"text": prompt.role}],
        messages=[{"role": "user", "content": content}],
        inferenceConfig={"maxTokens": MAX_TOKENS, "temperature": 0.0},
    )
    if reply.get("stopReason") in REFUSED:
        raise Retry(f"{model} refused to answer.")
    text = "".join(part.get("text", "") for part in _content(reply, model))
    usage = reply.get("usage", {})
    return Answer(
        replies.read(capability, text, question),
        int(usage.get("inputTokens", 0)),
        int(usage.get("outputTokens", 0)),
    )


def tell_by_titan(model: str, question: object) -> Answer:
    """Titan Text knows no system prompt and no Converse turn with one: role and question in one."""
    prompt = prompts.prompt("describe", cast(Telling, question))
    body = {
        "inputText": f"{prompt.role}\n\nUser: {prompt.question}\nBot:",
        "textGenerationConfig": {"maxTokenCount": MAX_TOKENS, "temperature": 0.0, "topP": 1.0},
    }
    reply = _invoke(model, body)
    results = reply.get("results")
    if not isinstance(results, list) or not results:
        raise Retry(f"{model} answered without a result.")
    first = results[0]
    if first.get("completionReason") == "CONTENT_FILTERED":
        raise Retry(f"{model} refused to answer.")
    return Answer(
        replies.read("describe", str(first.get("outputText", "")), question),
        int(reply.get("inputTextTokenCount", 0)),
        int(first.get("tokenCount", 0)),
    )


def embed(model: str, question: object) -> Answer:
    """1,024 numbers of length 1 for a picture, from Titan Multimodal or Cohere Embed."""
    picture = base64.b64encode(_as_jpeg(cast(Look, question).picture)).decode()
    if model.startswith("cohere."):
        body: dict[str, Any] = {
            "input_type": "image",
            "images": [f"data:image/jpeg;base64,{picture}"],
            "embedding_types": ["float"],
        }
    else:
        body = {"inputImage": picture, "embeddingConfig": {"outputEmbeddingLength": 1024}}
    reply = _invoke(model, body)
    vector = replies.vector(reply)
    return Answer(Embedded(vector), int(reply.get("inputTextTokenCount", 0) or 0), images=1)


def _invoke(model: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = _call(
        "invoke_model",
        modelId=model,
        body=json.dumps(body),
        contentType="application/json",
        accept="application/json",
    )
    try:
        found = json.loads(reply["body"].read())
    except ValueError as error:
        raise Retry(f"{model} answered something that is no JSON.") from error
    except BotoCoreError as error:
        raise Retry(f"{model} broke off its answer: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise Retry(f"{model} answered something that is no object.")
    return found


def _call(operation: str, **arguments: Any) -> dict[str, Any]:
    budget.wait_for_turn("bedrock")
    try:
        reply: dict[str, Any] = getattr(client(), operation)(**arguments)
    except ClientError as error:
        told = error.response.get("Error", {})
        sentence = f"{told.get('Code', 'Error')}: {told.get('Message', '')}"[:500]
        raise (GiveUp if told.get("Code") in WRONG_QUESTION else Retry)(sentence) from error
    except BotoCoreError as error:
        raise Retry(f"{type(error).__name__}: {error}"[:500]) from error
    return reply


def _content(reply: dict[str, Any], model: str) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = reply["output"]["message"]["content"]
    except (KeyError, TypeError) as error:
        raise Retry(f"{model} answered without a message.") from error
    return found


def _as_jpeg(webp: bytes) -> bytes:
    """Neither embedding model reads WebP or transparency: the item's crop on white."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(webp)) as image:
        cut = image.convert("RGBA")
    cut = cut.crop(cut.getchannel("A").getbbox())
    white = Image.new("RGBA", cut.size, "white")
    Image.alpha_composite(white, cut).convert("RGB").save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
