"""The next page of a list, told the same way by all of them: in the `Link` header (RFC 8288)."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema


def tell_next(request: HttpRequest, response: HttpResponse, asked: Schema, **place: object) -> str:
    """The address of the next page: what was asked, from another place on."""
    query = urlencode(asked.model_dump(mode="json", exclude_unset=True) | place)
    address = request.build_absolute_uri(f"{request.path}?{query}")
    response["Link"] = f'<{address}>; rel="next"'
    return address


class After(Schema):
    """A page of a list whose rows have numbers that rise and never change."""

    after: int = Field(-1, ge=-1, lt=2**31, description="The number of the last one you have.")
    limit: int = Field(200, ge=1, le=500)
