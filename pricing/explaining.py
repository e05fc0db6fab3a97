"""Why this price, in words, from stored facts only. English and Icelandic. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from carousel.products.money import shown

NAMES = {
    "base": "Weighted mean of the comparables",
    "traits": "Brand, material and the like",
    "season": "Season",
    "trend": "Market trend",
    "condition": "Condition",
    "general": "Drawn to all sales",
    "quality": "Quality of the pictures",
    "rounding": "Rounded to a price point",
}
EXCLUSIONS = {
    "struck": "struck",
    "currency": "another currency",
    "price": "no sound price",
    "window": "too long ago",
    "similarity": "not similar enough",
    "outlier": "far from the others",
    "beyond": "beyond the best",
}
SILENCES = {
    "no_category": "The item has no category yet, so there is nothing to compare it with.",
    "no_sales": "No similar sales in the window.",
    "too_few": "Too few similar sales for a price.",
    "too_wide": "The similar sales disagree too much for a price.",
}
ICELANDIC_SILENCES = {
    "no_category": "Hlutinn vantar flokk og því er ekkert til samanburðar.",
    "no_sales": "Engin lík sala á tímabilinu.",
    "too_few": "Of fáar líkar sölur til að stinga upp á verði.",
    "too_wide": "Líku sölurnar eru of ólíkar í verði til að stinga upp á verði.",
}
# (English when it raises, when it lowers; Icelandic the same)
STEPS = {
    "traits": ("brand and make raise it", "brand and make lower it",
               "merki og gerð hækka það", "merki og gerð lækka það"),
    "season": ("the season raises it", "the season lowers it",
               "árstíminn hækkar það", "árstíminn lækkar það"),
    "trend": ("the market has risen", "the market has fallen",
              "markaðurinn hefur hækkað", "markaðurinn hefur lækkað"),
    "condition": ("its condition is better than theirs", "its condition is worse than theirs",
                  "ástandið er betra en þeirra", "ástandið er verra en þeirra"),
    "quality": ("good pictures raise it", "weak pictures lower it",
                "góðar myndir hækka það", "slakar myndir lækka það"),
}  # fmt: skip
WORTH_SAYING = 0.01  # a step below 1 % is not mentioned


@dataclass(frozen=True)
class Facts:
    """What a quote stored. Prices in minor units; `lines` as `Quote.lines`."""

    currency: str
    price: int | None
    low: int | None
    high: int | None
    silence: str
    lines: list[dict[str, Any]]
    used: int
    struck: int
    pictured: int
    hint: Mapping[str, Any]


def explain(facts: Facts, language: str = "en") -> str:
    """A few sentences. Says nothing that is not in `facts`."""
    return (_icelandic if language == "is" else _english)(facts)


def _english(facts: Facts) -> str:
    if facts.price is None:
        return " ".join(
            [SILENCES[facts.silence], *_hint(facts, "The category's median is {}", "sales")]
        )
    sale = "sale" if facts.used == 1 else "sales"
    by_picture = f", {facts.pictured} of them by picture" if facts.pictured else " by description"
    first = f"{facts.used} similar {sale}{by_picture}, sold for {_money(facts, 'base')} on average."
    steps = _steps(facts, lambda raises, names: names[0 if raises else 1], "and")
    last = (
        f"Eight of ten such items sell between {_of(facts, facts.low)}"
        f" and {_of(facts, facts.high)}."
    )
    struck = [f"{facts.struck} struck by staff."] if facts.struck else []
    return " ".join([first, *steps, *struck, last])


def _icelandic(facts: Facts) -> str:
    if facts.price is None:
        words = _hint(facts, "Miðgildi flokksins er {}", "sölur")
        return " ".join([ICELANDIC_SILENCES[facts.silence], *words])
    by_picture = f", þar af {facts.pictured} eftir mynd" if facts.pictured else " eftir lýsingu"
    first = f"Líkar sölur: {facts.used}{by_picture}. Meðalverð þeirra er {_money(facts, 'base')}."
    steps = _steps(facts, lambda raises, names: names[2 if raises else 3], "og")
    struck = [f"Starfsfólk strikaði út {facts.struck}."] if facts.struck else []
    last = (
        f"Átta af tíu slíkum hlutum seljast á bilinu {_of(facts, facts.low)}"
        f" til {_of(facts, facts.high)}."
    )
    return " ".join([first, *steps, *struck, last])


def _hint(facts: Facts, words: str, sales: str) -> list[str]:
    if not facts.hint:
        return []
    return [f"{words.format(_of(facts, facts.hint['median']))} ({facts.hint['sales']} {sales})."]


def _steps(
    facts: Facts, name: Callable[[bool, tuple[str, str, str, str]], str], word: str
) -> list[str]:
    """One sentence of what moved the price, strongest first as the waterfall has it."""
    said = [
        f"{name(line['factor'] > 1, STEPS[line['name']])} ({line['factor'] - 1:+.0%})"
        for line in facts.lines
        if line["name"] in STEPS and abs(line["factor"] - 1) >= WORTH_SAYING
    ]
    if not said:
        return []
    text = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {word} {said[-1]}"
    return [f"{text[0].upper()}{text[1:]}."]


def _money(facts: Facts, name: str) -> str:
    line = next(line for line in facts.lines if line["name"] == name)
    return shown(round(line["after"]), facts.currency)


def _of(facts: Facts, minor: int | None) -> str:
    return shown(minor, facts.currency)
