"""Every address of the house, read from the URL conf: name, pattern, and the ids it takes."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Route:
    """`pattern` is Django's, `kwargs` the names of what is variable in it."""

    name: str
    pattern: str
    kwargs: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("api/")


def routes() -> list[Route]:
    """All but Django's own admin, whose pages are made from the models."""
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, space: str, before: str) -> Iterator[Route]:
    for each in resolver.url_patterns:
        pattern = before + str(each.pattern)
        if isinstance(each, URLPattern):
            names = tuple(each.pattern.regex.groupindex)
            yield Route(space + (each.name or "without a name"), pattern, names)
        elif each.namespace != "admin":
            inner = f"{space}{each.namespace}:" if each.namespace else space
            yield from _walk(each, inner, pattern)
