"""Names that want to be run: 64 ways to say `ran8()`, and a shop in which everything is called so.

`fill` runs inside the program by `manage.py shell -c`.
"""

import json

from carousel.events.models import DeadLetter, Event
from carousel.models import Membership, Tenant, User
from pricing.models import Quote
from tests import world
from tests.makers import make_product

EMAIL, PASSWORD = "mallory@example.com", "a-long-password-1"
IMAGE = "<img src=x onerror=ran8()>"
ELEMENTS = (
    "<script>ran8()</script>", IMAGE, "<svg onload=ran8()>", "<svg/onload=ran8()>",
    "<body onload=ran8()>", "<iframe srcdoc='<script>parent.ran8()</script>'>",
    "<iframe src=javascript:parent.ran8()>", "<details open ontoggle=ran8()>",
    "<input autofocus onfocus=ran8()>", "<video><source onerror=ran8()></video>",
    "<audio src=x onerror=ran8()>", "<object data=javascript:ran8()>",
    "<embed src=javascript:ran8()>", "<math><mi href=javascript:ran8()>",
    "<marquee onstart=ran8()>", "<link rel=stylesheet href=x onerror=ran8()>",
    "<style onload=ran8()></style>", "<form><button formaction=javascript:ran8()>",
    "<a href=javascript:ran8()>x</a>", "<template><script>ran8()</script></template>",
)  # fmt: skip
WAYS_OUT = (
    "\">", "'>", "`>", "-->", "]]>", "</title>", "</textarea>", "</script>", "</style>",
    "</option></select>", "</template>", "</noscript>",
)  # fmt: skip
ATTRIBUTES = (
    "\" onmouseover=ran8() x=\"", "' autofocus onfocus=ran8() x='", "\" onerror=ran8() src=x \"",
    " onload=ran8() ", "/onfocus=ran8()/autofocus/",
)  # fmt: skip
ADDRESSES = (
    "javascript:ran8()", "JaVaScRiPt:ran8()", "java\tscript:ran8()", " javascript:ran8()",
    "data:text/html,<script>parent.ran8()</script>", "vbscript:ran8()",
)  # fmt: skip
TEMPLATES = (
    "{{ ran8() }}", "{% debug %}", "${ran8()}", "#{ran8()}", "<%= ran8() %>",
    "{{constructor.constructor('ran8()')()}}",
)  # fmt: skip
HTMX = (
    "<div hx-get=/ hx-trigger=load hx-on::load=ran8()>", "<div hx-on:click=ran8()>",
    "\" hx-on::after-request=ran8() x=\"", "<div data-hx-get=javascript:ran8() hx-trigger=load>",
    "<hx-partial hx-target=body><script>ran8()</script></hx-partial>",
    "<div hx-vals='js:{a:ran8()}' hx-get=/ hx-trigger=load>",
)  # fmt: skip
ENCODED = (
    "&lt;img src=x onerror=ran8()&gt;", "&#60;img src=x onerror=ran8()&#62;",
    "\\u003cimg src=x onerror=ran8()\\u003e", "\\x3cimg src=x onerror=ran8()\\x3e",
    "%3Cimg src=x onerror=ran8()%3E", "＜img src=x onerror=ran8()＞",
    "<img src=x onerror=&#114;an8()>", "<<img src=x onerror=ran8()>>",
    "<img src=x onerror\x0b=ran8()>",
)  # fmt: skip
PAYLOADS = (
    *ELEMENTS, *(way + IMAGE for way in WAYS_OUT), *ATTRIBUTES, *ADDRESSES, *TEMPLATES, *HTMX,
    *ENCODED,
)  # fmt: skip
LONGEST = 95
"""Characters of a name: what each field holds, with `.jpg` behind it."""


def names() -> list[str]:
    """All payloads, as many to a name as it holds."""
    found = [""]
    for payload in PAYLOADS:
        if len(found[-1]) + len(payload) > LONGEST:
            found.append("")
        found[-1] += payload
    return found


def fill() -> str:
    """A shop with a row of each kind under each name: the ids of each name's rows, as JSON."""
    tenant = Tenant.objects.create(slug="mallory", name=names()[0])
    user = User.objects.create_user(EMAIL, PASSWORD, full_name=names()[1])
    Membership.objects.create(tenant=tenant, user=user, role="admin")
    made = []
    for name in names():
        world.SECRET = name
        found = world.make_world(tenant)
        _say_more(tenant, name)
        made.append({kind: str(pk) for kind, pk in found.ids.items()})
    Quote.objects.filter(tenant=tenant).update(silence="too_few", price=None, low=None, high=None)
    return json.dumps(made)


def _say_more(tenant: Tenant, name: str) -> None:
    """In the fields of events, of letters and of an item's words."""
    product = make_product(
        tenant, title=name, brand=name[:40], description_en=name, description_is=name
    )
    Event.objects.create(
        tenant=tenant, kind="product.updated", subject=product.pk, data={"title": name, name: name}
    )
    DeadLetter.objects.create(tenant=tenant, origin="step:cutout", error=name, payload={name: name})
