"""The descriptor, ONNX encoders and consignors' cards, on pictures that the tests draw."""

import hashlib

import numpy as np
import pytest
import zxingcpp
from django.core.exceptions import ImproperlyConfigured
from PIL import Image, ImageDraw, ImageEnhance

from carousel import inference
from carousel.errors import GiveUp
from grouping.calibration import DESCRIPTOR
from grouping.clustering import ClusterOptions, PhotoFacts, propose
from imaging.inference import encoding
from imaging.inference.answers import Look
from imaging.pixels import descriptor, encoders, tags
from tests.machine import SHARED_DATA

WEIGHTS = SHARED_DATA / "models" / "mobilenet_v1_1.0_224_embed1024.onnx"


def shirt(colour, stripe=(240, 240, 240), light=1.0, turn=0):
    """A striped shirt, cut out."""
    picture = Image.new("RGBA", (400, 400))
    draw = ImageDraw.Draw(picture)
    draw.polygon(
        [(60, 90), (150, 50), (250, 50), (340, 90), (310, 170), (280, 150), (280, 360), (120, 360),
         (120, 150), (90, 170)],
        fill=(*colour, 255),
    )  # fmt: skip
    for y in range(180, 340, 40):
        draw.rectangle([120, y, 280, y + 12], fill=(*stripe, 255))
    red, green, blue, alpha = picture.rotate(turn, Image.Resampling.BICUBIC).split()
    lit = ImageEnhance.Brightness(Image.merge("RGB", (red, green, blue))).enhance(light)
    return Image.merge("RGBA", (*lit.split(), alpha))


def card(text):
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    picture = Image.fromarray(np.asarray(zxingcpp.write_barcode_to_image(code, scale=6)))
    photo = Image.new("RGB", (900, 700), (120, 110, 100))
    photo.paste(picture.convert("RGB"), (300, 200))
    return photo


def test_a_vector_has_1024_numbers_and_length_one():
    vector = descriptor.describe(shirt((180, 40, 40)))

    assert (vector.shape, vector.dtype) == ((1024,), np.float32)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_picture_and_pixels_have_one_vector():
    picture = shirt((180, 40, 40))

    assert np.array_equal(descriptor.describe(picture), descriptor.describe(np.asarray(picture)))


def test_another_light_is_nearer_than_another_colour():
    red = descriptor.describe(shirt((180, 40, 40)))

    darker = descriptor.describe(shirt((180, 40, 40), light=0.8, turn=4))
    green = descriptor.describe(shirt((40, 140, 60)))

    assert red @ darker > red @ green + 0.1


COLOURS = [
    (180, 40, 40),
    (40, 140, 60),
    (40, 60, 170),
    (200, 170, 40),
    (120, 50, 140),
    (60, 60, 60),
]
LIGHTS = [(1.0, 0), (0.8, 4), (1.15, -6)]


@pytest.mark.parametrize("use_order", [True, False])
@pytest.mark.parametrize("colours", [2, 6])
def test_one_style_in_other_colours_is_other_items_and_other_light_is_not(colours, use_order):
    shirts = [
        shirt(colour, light=light, turn=turn)
        for colour in COLOURS[:colours]
        for light, turn in LIGHTS
    ]
    photos = [
        PhotoFacts(str(at), descriptor.describe(each), DESCRIPTOR.model, at)
        for at, each in enumerate(shirts)
    ]

    options = ClusterOptions(use_order=use_order)
    proposal = propose(photos, calibration=DESCRIPTOR, options=options)

    firsts = range(0, len(shirts), 3)
    assert [group.ids for group in proposal.groups] == [
        (str(first), str(first + 1), str(first + 2)) for first in firsts
    ]


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3)])
def test_odd_sizes_have_a_vector(size):
    vector = descriptor.describe(Image.new("RGBA", size, (90, 90, 90, 255)))

    assert np.isfinite(vector).all()


def test_a_cut_out_with_nothing_in_it_has_a_vector():
    assert np.isfinite(descriptor.describe(Image.new("RGBA", (64, 64)))).all()


def test_a_photo_that_is_not_cut_out_is_refused():
    with pytest.raises(ValueError, match="transparency"):
        descriptor.describe(Image.new("RGB", (64, 64)))


def test_a_consignor_s_card_is_read():
    found = tags.read_tag(card("consignor:Anna Jónsdóttir;sku:A-12;location:B3"))

    assert found == tags.Tag("Anna Jónsdóttir", "A-12", "B3")


def test_a_card_is_read_at_an_angle():
    assert tags.read_tag(card("consignor:Anna").rotate(20, fillcolor=(120, 110, 100)))


@pytest.mark.parametrize(
    "text", ["https://shop.example/17", "consignor:", "sku:A-12", "5690000001"]
)
def test_any_other_code_is_no_card(text):
    assert tags.read_tag(card(text)) is None


def test_a_photo_without_a_code_is_no_card():
    assert tags.read_tag(shirt((180, 40, 40)).convert("RGB")) is None


@pytest.mark.shared_data
def test_any_onnx_encoder_describes_a_cut_out():
    encoder = encoders.located(str(WEIGHTS), "", WEIGHTS.parent, refuse)

    vector = encoder.describe(shirt((180, 40, 40)))

    assert vector.shape == (1024,)
    assert encoder.name.startswith("mobilenet_v1_1.0_224_embed1024-")


def refuse(source):
    raise AssertionError(f"{source} was fetched.")


def test_a_file_with_another_sum_is_refused(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"not this one")

    with pytest.raises(encoders.Unusable, match="sha256"):
        encoders.located(str(tmp_path / "model.onnx"), "0" * 64, tmp_path, refuse)


def test_a_fetched_file_with_another_sum_is_not_kept(tmp_path):
    with pytest.raises(encoders.Unusable, match="sha256"):
        encoders.located("https://models.example/m.onnx", "0" * 64, tmp_path, lambda _: b"bad")

    assert list(tmp_path.iterdir()) == []


def test_an_address_is_fetched_once(tmp_path):
    asked = []
    content = b"weights"
    total = hashlib.sha256(content).hexdigest()

    def fetch(source):
        asked.append(source)
        return content

    for _ in range(2):
        found = encoders.located("https://models.example/m.onnx", total, tmp_path, fetch)

    assert asked == ["https://models.example/m.onnx"]
    assert found.path.read_bytes() == content


def test_an_address_without_a_sum_is_refused(tmp_path):
    with pytest.raises(encoders.Unusable, match="sha256"):
        encoders.located("https://models.example/m.onnx", "", tmp_path, refuse)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"text")

    with pytest.raises(encoders.Unusable, match="not a model"):
        encoders.Encoder(tmp_path / "model.onnx").describe(shirt((1, 2, 3)))


def test_a_shorter_vector_keeps_its_cosines_and_a_longer_one_nearly():
    numbers = np.random.default_rng(4)
    for length in (512, 2048):
        a, b = numbers.normal(size=(2, length)).astype(np.float32)
        one, other = encoders.sized(a), encoders.sized(a + b)

        assert one.shape == (1024,)
        assert cosine(one, other) == pytest.approx(
            cosine(a, a + b), abs=1e-6 if length < 1024 else 0.1
        )


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.shared_data
def test_an_encoder_of_the_settings_answers_first_and_names_its_vectors(monkeypatch, settings):
    monkeypatch.setenv("EMBEDDING_ONNX", str(WEIGHTS))
    settings.ENCODER = inference.encoder()
    chain = inference.chains("", settings.ENCODER)["embed"]
    name = chain.split(" > ")[0].removeprefix("onnx/")

    made = encoding.provider(name)(Look(b"", np.asarray(shirt((180, 40, 40)))))

    assert name == settings.ENCODER.name == encoders.Encoder(WEIGHTS).name
    assert chain.endswith("> local/descriptor-1")
    assert len(made.value.vector) == 1024
    with pytest.raises(GiveUp):
        encoding.provider("another-000000000000")


@pytest.mark.parametrize("name", ["EMBEDDING_MEAN", "EMBEDDING_DEVIATION"])
def test_nonsense_about_an_encoder_stops_the_start(monkeypatch, tmp_path, name):
    monkeypatch.setenv("EMBEDDING_ONNX", str(tmp_path / "none.onnx"))
    with pytest.raises(ImproperlyConfigured, match="no file"):
        inference.encoder()
    (tmp_path / "none.onnx").write_bytes(b"x")
    monkeypatch.setenv(name, "1,2")
    with pytest.raises(ImproperlyConfigured, match="three"):
        inference.encoder()
