"""Cut-outs: where the item is, with a model, without one, and when somebody cut it out before."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imaging.pixels import weights
from imaging.pixels.cutout import box_of, cut_out
from imaging.pixels.opening import open_safely
from tests.machine import SHARED_DATA
from tests.pixel_makers import make_exif, make_scene, saved


@pytest.fixture
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no weights and no way out: every address leads to a closed port."""
    for name in ("CAROUSEL_MODELS", "U2NET_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setattr(weights, "_failed_at", {})
    return tmp_path


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    solid = mask >= 128
    return float((solid & truth).sum() / (solid | truth).sum())


def truth_of(size: tuple[int, int]) -> np.ndarray:
    image = Image.new("L", size)
    width, height = size
    box = (width * 0.25, height * 0.2, width * 0.75, height * 0.8)
    ImageDraw.Draw(image).rounded_rectangle(box, radius=width // 12, fill=255)
    return np.asarray(image) > 0


def test_without_weights_the_fallback_cuts_out_and_says_so(no_weights: Path):
    cutout = cut_out(make_scene(), "u2net")

    assert cutout.is_fallback
    assert cutout.model == "grabcut"
    assert overlap(cutout.mask, truth_of((600, 800))) > 0.95
    assert cutout.box == pytest.approx((0.25, 0.2, 0.5, 0.6), abs=0.02)


def test_a_failed_fetch_is_remembered(no_weights: Path):
    with pytest.raises(weights.Unavailable, match=r"put u2net\.onnx into"):
        weights.find("u2net")

    with pytest.raises(weights.Unavailable, match="a moment ago"):
        weights.find("u2net")


def test_weights_that_arrive_later_are_found_at_once(no_weights: Path):
    with pytest.raises(weights.Unavailable):
        weights.find("u2net")
    (no_weights / "u2net.onnx").write_bytes(b"weights")

    assert weights.find("u2net") == no_weights / "u2net.onnx"


def test_weights_that_cannot_be_loaded_are_as_good_as_none(no_weights: Path):
    (no_weights / "u2net.onnx").write_bytes(b"not a model")

    assert cut_out(make_scene((300, 400)), "u2net").model == "grabcut"


def test_no_model_that_may_not_be_used_for_business_is_offered():
    assert "bria-rmbg" not in weights.MANIFEST
    assert {model.licence for model in weights.MANIFEST.values()} <= {"Apache-2.0", "MIT"}
    assert cut_out(make_scene((300, 400)), "bria-rmbg").is_fallback


def test_a_photo_that_came_cut_out_keeps_its_own_edge():
    image = make_scene()
    truth = truth_of(image.size)
    image.putalpha(Image.fromarray(np.where(truth, 255, 0).astype(np.uint8)))

    cutout = cut_out(image)

    assert (cutout.model, cutout.is_fallback) == ("alpha", False)
    assert overlap(cutout.mask, truth) == 1.0


def test_image_and_mask_have_one_size_below_the_cap_and_the_original_is_untouched(no_weights: Path):
    image = make_scene((600, 800))
    before = image.tobytes()

    cutout = cut_out(image, "u2net", max_side=400)

    assert cutout.image.size == (300, 400)
    assert cutout.mask.shape == (400, 300)
    assert cutout.image.mode == "RGBA"
    assert np.array_equal(np.asarray(cutout.image.getchannel("A")), cutout.mask)
    assert image.tobytes() == before


def test_the_box_is_the_same_place_however_the_camera_was_held(no_weights: Path):
    photo = make_scene((240, 320))
    turned = photo.transpose(Image.Transpose.ROTATE_90)
    upright = open_safely(saved(photo, "PNG"))
    held = open_safely(saved(turned, "PNG", exif=make_exif(orientation=6)))

    assert cut_out(held, "u2net").box == cut_out(upright, "u2net").box


def test_an_empty_mask_has_the_whole_picture_as_its_box():
    assert box_of(np.zeros((40, 30), np.uint8)) == (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (9, 9)])
def test_pictures_of_a_few_pixels_are_cut_out_too(no_weights: Path, size: tuple[int, int]):
    assert cut_out(Image.new("RGB", size, (9, 9, 9)), "u2net").image.size == size


@pytest.mark.shared_data
@pytest.mark.parametrize("size", [(1, 1), (2, 300)])
def test_the_model_takes_pictures_of_a_few_pixels(size: tuple[int, int]):
    assert cut_out(Image.new("RGB", size, (9, 9, 9))).model == "u2netp"


@pytest.mark.shared_data
def test_the_model_finds_the_item_and_agrees_with_rembg():
    from rembg import new_session, remove  # 2.4 s, and only this test needs it

    session = new_session("u2netp")
    photos = [
        *sorted((SHARED_DATA / "photos/apparel/images").iterdir())[::97],
        *sorted((SHARED_DATA / "photos/grocery/images").iterdir())[::93],
    ]

    for path in photos:
        image = open_safely(path, 2048)
        theirs = np.asarray(remove(image, session=session, only_mask=True)) >= 128
        assert overlap(cut_out(image).mask, theirs) >= 0.98, path.name


@pytest.mark.shared_data
def test_where_weights_are_at_hand_the_model_answers():
    cutout = cut_out(make_scene())

    assert (cutout.model, cutout.is_fallback) == ("u2netp", False)
    assert overlap(cutout.mask, truth_of((600, 800))) > 0.95
