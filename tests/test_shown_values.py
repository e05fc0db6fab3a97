"""Values as pages show them."""

import pytest

from carousel.templatetags.shop import took


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (9_949, "9.9 s"), (87_632, "88 s")],
)
def test_a_duration_is_as_exact_as_anybody_reads_it(milliseconds, shown):
    assert took(milliseconds) == shown
