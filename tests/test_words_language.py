"""Icelandic by table: gender x number x case; and texts that agree within and between languages."""

import re
from itertools import product

import pytest
from django.core.management import call_command

from imaging.analysis import agreement, claims, twin
from imaging.words import grammar_en, grammar_is
from imaging.words.facts import DefectFact, Facts, Measure, place_of
from imaging.words.glossary import BadGlossary, glossary
from imaging.words.inflection import SLOTS, adjective
from imaging.words.phrases import PATTERNS, PLACES

WORDS = glossary()
FORMS = agreement.Forms(WORDS)

PARADIGMS = {
    ("ur", "svart", "svört"): (
        "svartur svartan svörtum svarts svartir svarta svörtum svartra"
        " svört svarta svartri svartrar svartar svartar svörtum svartra"
        " svart svart svörtu svarts svört svört svörtum svartra"
    ),
    ("ur", "hvít", ""): (
        "hvítur hvítan hvítum hvíts hvítir hvíta hvítum hvítra"
        " hvít hvíta hvítri hvítrar hvítar hvítar hvítum hvítra"
        " hvítt hvítt hvítu hvíts hvít hvít hvítum hvítra"
    ),
    ("ur", "rauð", ""): (
        "rauður rauðan rauðum rauðs rauðir rauða rauðum rauðra"
        " rauð rauða rauðri rauðrar rauðar rauðar rauðum rauðra"
        " rautt rautt rauðu rauðs rauð rauð rauðum rauðra"
    ),
    ("á", "blá", ""): (
        "blár bláan bláum blás bláir bláa bláum blárra"
        " blá bláa blárri blárrar bláar bláar bláum blárra"
        " blátt blátt bláu blás blá blá bláum blárra"
    ),
    ("nn", "græn", ""): (
        "grænn grænan grænum græns grænir græna grænum grænna"
        " græn græna grænni grænnar grænar grænar grænum grænna"
        " grænt grænt grænu græns græn græn grænum grænna"
    ),
    ("aður", "not", ""): (
        "notaður notaðan notuðum notaðs notaðir notaða notuðum notaðra"
        " notuð notaða notaðri notaðrar notaðar notaðar notuðum notaðra"
        " notað notað notuðu notaðs notuð notuð notuðum notaðra"
    ),
    ("inn", "slit", ""): (
        "slitinn slitinn slitnum slitins slitnir slitna slitnum slitinna"
        " slitin slitna slitinni slitinnar slitnar slitnar slitnum slitinna"
        " slitið slitið slitnu slitins slitin slitin slitnum slitinna"
    ),
    ("ý", "ný", ""): (
        "nýr nýjan nýjum nýs nýir nýja nýjum nýrra"
        " ný nýja nýrri nýrrar nýjar nýjar nýjum nýrra"
        " nýtt nýtt nýju nýs ný ný nýjum nýrra"
    ),
    ("lítill", "lítil", ""): (
        "lítill lítinn litlum lítils litlir litla litlum lítilla"
        " lítil litla lítilli lítillar litlar litlar litlum lítilla"
        " lítið lítið litlu lítils lítil lítil litlum lítilla"
    ),
    ("mikill", "mikil", ""): (
        "mikill mikinn miklum mikils miklir mikla miklum mikilla"
        " mikil mikla mikilli mikillar miklar miklar miklum mikilla"
        " mikið mikið miklu mikils mikil mikil miklum mikilla"
    ),
    ("gamall", "gamal", "gömul"): (
        "gamall gamlan gömlum gamals gamlir gamla gömlum gamalla"
        " gömul gamla gamalli gamallar gamlar gamlar gömlum gamalla"
        " gamalt gamalt gömlu gamals gömul gömul gömlum gamalla"
    ),
}


@pytest.mark.parametrize(("word", "forms"), PARADIGMS.items(), ids=lambda w: str(w)[:12])
def test_an_adjective_has_all_24_strong_forms(word, forms):
    made = adjective(*word)

    assert [made.form(slot) for slot in SLOTS] == forms.split()


@pytest.mark.parametrize(
    ("word", "weak"),
    [
        (("ur", "svart", "svört"), "svarti svarta svarta svarta svarta svörtu svörtu svörtu"),
        (("á", "blá", ""), "blái bláa bláa bláa bláa bláu bláu bláu"),
        (("aður", "not", ""), "notaði notaða notaða notaða notaða notuðu notuðu notuðu"),
        (("inn", "slit", ""), "slitni slitna slitna slitna slitna slitnu slitnu slitnu"),
        (("ý", "ný", ""), "nýi nýja nýja nýja nýja nýju nýju nýju"),
    ],
)
def test_an_adjective_is_weak_before_the_article(word, weak):
    made = adjective(*word)
    masculine = [made.form(slot, "weak") for slot in SLOTS[:4]]
    feminine = [made.form(slot, "weak") for slot in SLOTS[8:12]]

    assert masculine + feminine == weak.split()
    assert {made.form(s, "weak") for s in SLOTS if s[1] == "pl"} == {weak.split()[-1]}


@pytest.mark.parametrize(
    ("head", "singular", "plural"),
    [
        ("jakki", "jakkinn jakkann jakkanum jakkans", "jakkarnir jakkana jökkunum jakkanna"),
        ("kjóll", "kjóllinn kjólinn kjólnum kjólsins", "kjólarnir kjólana kjólunum kjólanna"),
        ("skór", "skórinn skóinn skónum skósins", "skórnir skóna skónum skóanna"),
        ("taska", "taskan töskuna töskunni töskunnar", "töskurnar töskurnar töskunum tasknanna"),
        ("flík", "flíkin flíkina flíkinni flíkurinnar", "flíkurnar flíkurnar flíkunum flíkanna"),
        ("slá", "sláin slána slánni sláarinnar", "slárnar slárnar slánum sláanna"),
        ("festi", "festin festina festinni festarinnar", "festarnar festarnar festunum festanna"),
        ("pils", "pilsið pilsið pilsinu pilsins", "pilsin pilsin pilsunum pilsanna"),
        ("vesti", "vestið vestið vestinu vestisins", "vestin vestin vestunum vestanna"),
        ("band", "bandið bandið bandinu bandsins", "böndin böndin böndunum bandanna"),
    ],
)
def test_a_noun_takes_its_article_in_every_case(head, singular, plural):
    noun = WORDS.nouns[head]

    made = [noun.definite(n, c) for n, c in product(("sg", "pl"), ("nom", "acc", "dat", "gen"))]

    assert made == [*singular.split(), *plural.split()]


def test_a_word_of_the_plural_has_no_singular():
    buxur = WORDS.items["jeans"]

    assert buxur.noun.definite("pl", "dat") == "gallabuxunum"
    assert ("sg", "nom") not in buxur.noun.forms


@pytest.mark.parametrize(
    ("facts", "start"),
    [
        (Facts("bag", ("black",), ("leather",)), "svört leðurtaska"),
        (Facts("jacket", ("black",)), "svartur jakki"),
        (Facts("skirt", ("black",)), "svart pils"),
        (Facts("jeans", ("blue",), ("denim",)), "bláar gallabuxur"),
        (Facts("shoes", ("white", "red"), ("leather",)), "hvítir og rauðir leðurskór"),
        (Facts("sunglasses", ("brown",), ("plastic",)), "brún sólgleraugu úr plasti"),
    ],
)
def test_adjectives_agree_with_their_noun(facts, start):
    assert grammar_is.title(facts, WORDS).lower() == start


def test_one_item_is_told_in_every_pattern():
    facts = {
        i: Facts("bag", ("black",), ("leather",), condition="good", seed=str(i)) for i in range(60)
    }
    told = {grammar_is.describe(each, WORDS) for each in facts.values()}

    assert told == {
        "Svört leðurtaska í góðu ástandi.",
        "Þetta er svört leðurtaska. Taskan er í góðu ástandi.",
        "Til sölu: svört leðurtaska í góðu ástandi.",
        "Við erum með svarta leðurtösku í góðu ástandi.",
        "Svarta leðurtaskan er í góðu ástandi.",
    }
    assert len(told) == PATTERNS
    assert grammar_is.describe(facts[7], WORDS) == grammar_is.describe(facts[7], WORDS)


def test_defects_are_counted_and_agree():
    facts = Facts(
        "bag",
        seed="1",
        defects=(
            DefectFact("scratch", "minor"),
            DefectFact("scratch", "minor"),
            DefectFact("stain", "major", "bottom right", 2),
            DefectFact("wear", "minor"),
            DefectFact("pilling", "major"),
        ),
    )

    assert grammar_is.describe(facts, WORDS).endswith(
        "Athugið: tvær litlar rispur, stór blettur neðarlega til hægri (mynd 2),"
        " lítils háttar slit og miklir hnökrar."
    )
    assert grammar_en.describe(facts, WORDS).endswith(
        "Please note: two small scratches, a large stain near the bottom right (photo 2),"
        " slight wear and heavy pilling."
    )


def test_nothing_is_said_of_what_is_not_known():
    assert grammar_en.describe(Facts(seed="3"), WORDS) in (
        "Item.", "This is an item.", "For sale: an item.", "We have an item.",
    )  # fmt: skip
    assert not re.search(r"brand|size|condition|none|unknown", grammar_en.describe(Facts(), WORDS))


def test_every_text_over_the_whole_glossary_agrees_in_gender_number_and_case():
    for facts in agreement.over(WORDS):
        text = grammar_is.describe(facts, WORDS)
        assert FORMS.disagreements(text) == [], text
        assert FORMS.foreign(text) == [], text


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("Svört leðurtaska í góðu ástandi.", []),
        ("Svartur leðurtaska í góðu ástandi.", ["svartur leðurtaska"]),
        ("Við erum með svört jakki.", ["svört jakki"]),
        ("Svart pils, with a belt.", ["with", "a", "belt"]),
    ],
)
def test_a_text_that_does_not_agree_or_is_not_icelandic_is_caught(text, faults):
    assert FORMS.faults(text) == faults


def test_the_evaluation_of_a_glossary_is_a_command(tmp_path, capsys):
    call_command("evaluate", "words", str(tmp_path), "--samples", "2")

    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"texts {len(WORDS.items)}, wrong 0, items {len(WORDS.items)}"
    assert len(lines) in (3, 4)


def test_both_languages_say_the_same_over_the_whole_glossary():
    for facts in agreement.over(WORDS):
        english, icelandic = grammar_en.describe(facts, WORDS), grammar_is.describe(facts, WORDS)
        assert twin.compare(english, icelandic, WORDS, facts.brand) == [], (english, icelandic)
        for text, language in ((english, "en"), (icelandic, "is")):
            assert claims.unsupported(text, language, facts, WORDS) == [], text


BAG = Facts("bag", ("black",), ("leather",), brand="Hekla", size="38", condition="good", seed="a",
            measures=(Measure("width", 30),),
            defects=(DefectFact("stain", "minor", "top", 2),))  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "english", "icelandic"),
    [
        ("number", ("30 cm", "35 cm"), ()),
        ("size", ("Size 38", "Size 40"), ()),
        ("brand", ("Hekla", "Katla"), ()),
        ("colour", ("black", "brown"), ()),
        ("material", (), ("leður", "ullar")),
        ("condition", (), ("í góðu ástandi", "í lélegu ástandi")),
        ("defect", (), ("blettur", "rispa")),
        ("item", ("bag", "belt"), ()),
    ],
)
def test_a_seeded_mismatch_is_flagged(kind, english, icelandic):
    left, right = grammar_en.describe(BAG, WORDS), grammar_is.describe(BAG, WORDS)
    left = re.sub(*english, left, flags=re.IGNORECASE) if english else left
    right = right.lower().replace(*icelandic) if icelandic else right

    [found] = twin.compare(left, right, WORDS, "Hekla")

    assert found.kind == kind
    assert found.sentence.endswith(".")


@pytest.mark.parametrize(
    ("language", "claim", "marked"),
    [
        ("en", "It is genuine Italian leather.", "genuine Italian"),
        ("en", "Hardly worn.", "Hardly worn"),
        ("en", "Waterproof and vintage.", "vintage"),
        ("en", "The wool lining is warm.", "wool lining"),
        ("is", "Ekta ítölsk hönnun.", "Ekta ítölsk hönnun"),
        ("is", "Hún er úr silki.", "silki"),
    ],
)
def test_an_injected_claim_is_highlighted(language, claim, marked):
    grammar = grammar_en if language == "en" else grammar_is
    text = grammar.describe(BAG, WORDS) + " " + claim

    found = claims.unsupported(text, language, BAG, WORDS)

    assert marked in [phrase.text for phrase in found]
    assert all(phrase.start >= len(text) - len(claim) for phrase in found)


def test_a_claim_rests_on_its_attribute_its_box_or_a_note():
    text = "Black leather bag by Hekla with a stain. Bought in Akureyri."

    found = claims.trace(text, "en", BAG, WORDS, notes="Bought in Akureyri by the consignor.")

    assert {phrase.text: phrase.source for phrase in found} == {
        "Black": "colour",
        "leather": "material",
        "bag": "category",
        "Hekla": "brand",
        "stain": "box 1",
        "Bought": "note",
        "Akureyri": "note",
    }


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((0.0, 0.0, 0.2, 0.2), "top left"),
        ((0.4, 0.4, 0.2, 0.2), "middle"),
        ((0.4, 0.8, 0.2, 0.2), "bottom"),
        ((0.8, 0.4, 0.2, 0.2), "right"),
    ],
)
def test_a_box_has_a_place_in_words(box, place):
    assert place_of(*box) == place
    assert place in PLACES


@pytest.mark.parametrize(
    ("category", "key"),
    [
        ("Men/Tops/Hoodies & Sweatshirts", "hoodie"),
        ("Gear/bags", "bag"),
        ("Women/Bottoms/Pants", "trousers"),
        ("Svört leðurtaska", None),
        ("úlpa", "parka"),
        ("Zorkmid", None),
    ],
)
def test_an_item_is_found_in_a_category(category, key):
    assert WORDS.find_item(category) == key


def test_the_shop_adds_its_own_words(tmp_path):
    (tmp_path / "heads.csv").write_text(
        "head,gender,singular,plural\nflauta,f,flauta/flautu/flautu/flautu,"
        "flautur/flautur/flautum/flautna\n"
    )
    (tmp_path / "items.csv").write_text(
        "key,en,plural,is,number,category,aliases\nrecorder,recorder,recorders,"
        "blokk|flauta,sg,music,\n"
    )

    words = glossary(tmp_path)

    assert grammar_is.title(Facts("recorder", ("black",)), words) == "Svört blokkflauta"
    assert len(words.items) == len(WORDS.items) + 1


@pytest.mark.parametrize("row", ["x,f,a/b,c", "x,q,a/b/c/d,a/b/c/d"])
def test_a_row_that_cannot_be_read_is_named(tmp_path, row):
    (tmp_path / "heads.csv").write_text(f"head,gender,singular,plural\n{row}\n")

    with pytest.raises(BadGlossary, match="x"):
        glossary(tmp_path)
