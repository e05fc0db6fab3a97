"""The shape of what the upload page sends, checked before anything looks at it."""

from typing import Annotated, TypeVar

from django import forms
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from carousel.errors import Refused
from imaging.uploads.receipt import MOST_FILES

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[int, Field(ge=0, lt=MOST_FILES)]
Path = Annotated[str, Field(min_length=1, max_length=4000)]
Size = Annotated[int, Field(ge=0, lt=2**50)]


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Selection(Shape):
    """What a person selected: the folder's name, and (path, bytes) of each file in order."""

    name: str = Field("", max_length=4000)
    files: list[tuple[Path, Size]] = Field(min_length=1, max_length=MOST_FILES)


class Manifest(Shape):
    """(line, SHA-256) of files that the page is about to send."""

    files: list[tuple[Number, Sha256]] = Field(max_length=2000)


class Refusals(Shape):
    """(line, why) of files that the page will not send."""

    files: list[tuple[Number, str]] = Field(max_length=MOST_FILES)


S = TypeVar("S", bound=Shape)


def read(shape: type[S], body: bytes) -> S:
    """The body as `shape`, or refused with the first thing that is wrong with it."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(piece) for piece in first["loc"]) or "body"
        raise Refused(f"{where}: {first['msg']}") from error


class NameForm(forms.Form):
    name = forms.CharField(max_length=120)
