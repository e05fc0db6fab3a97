"""The fault gate: a good cut-out passes, each way of spoiling one is noticed and named."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image

from imaging.pixels import faults
from imaging.pixels.damage import DAMAGES
from imaging.pixels.evaluation import boundary_f, evaluate_cutouts, iou
from tests.machine import SHARED_DATA
from tests.pixel_makers import BLUE, make_scene


def make_truth(size: tuple[int, int] = (600, 800)) -> np.ndarray:
    """The mask of `make_scene`'s item."""
    scene = np.asarray(make_scene(size)).astype(np.int32)
    return np.where(np.abs(scene - BLUE).sum(axis=2) < 150, 255, 0).astype(np.uint8)


def test_a_good_cut_out_has_no_fault():
    assert faults.find(make_scene(), make_truth()) == ()


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("area_jump", {"area_jump", "clipped_edge"}),
        ("clipped_edge", {"area_jump", "clipped_edge"}),
        ("enclosed_hole", {"enclosed_hole"}),
        ("white_on_white", {"white_on_white"}),
        ("fringe", {"fringe"}),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_each_damage_is_noticed_and_named(damage: str, named: set[str], seed: int):
    rgb = np.asarray(make_scene())
    pixels, mask = DAMAGES[damage](rgb, make_truth(), np.random.default_rng(seed))

    found = faults.find(Image.fromarray(pixels), mask)

    assert set(found) & named
    assert all(faults.SENTENCES[code].endswith(".") for code in found)


def test_nothing_everything_and_a_speck_are_faults():
    photo = make_scene()
    nothing, everything = np.zeros((800, 600), np.uint8), np.full((800, 600), 255, np.uint8)
    speck = nothing.copy()
    speck[400:440, 300:340] = 255

    assert faults.find(photo, nothing) == ("empty",)
    assert "too_large" in faults.find(photo, everything)
    assert "too_small" in faults.find(photo, speck)


def test_a_real_hole_through_which_the_background_shows_is_no_fault():
    photo, mask = np.array(make_scene()), make_truth()
    cv2.circle(photo, (300, 400), 60, (232, 230, 226), -1)
    cv2.circle(mask, (300, 400), 60, 0, -1)

    assert faults.find(Image.fromarray(photo), mask) == ()


def test_a_ghost_is_a_fault():
    mask = make_truth()
    mask[300:500, 200:400] = 120

    assert "vague" in faults.find(make_scene(), mask)


def test_a_hole_that_was_filled_is_noticed_on_a_plain_backdrop():
    photo = np.array(make_scene())
    cv2.circle(photo, (300, 400), 90, (232, 230, 226), -1)

    assert "area_jump" in faults.find(Image.fromarray(photo), make_truth())


@pytest.mark.parametrize("size", [(1, 1), (2, 400), (400, 2)])
def test_pictures_of_a_few_pixels_are_judged_too(size: tuple[int, int]):
    mask = np.full(size[::-1], 255, np.uint8)

    assert isinstance(faults.find(Image.new("RGB", size), mask), tuple)


def test_overlap_and_boundary_are_exact_on_blocks():
    one, other = np.zeros((100, 100), bool), np.zeros((100, 100), bool)
    one[20:60, 20:60] = True
    other[20:60, 40:80] = True

    assert iou(one, other) == pytest.approx(800 / 2400)
    assert boundary_f(one, one) == 1.0
    assert boundary_f(one, other) < 0.7
    assert boundary_f(one, np.zeros_like(one)) == 0.0


def test_the_evaluation_of_a_folder_is_a_command(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setenv("CAROUSEL_MODELS", str(tmp_path))
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    folder = make_folder(tmp_path / "set", {"one.jpg": (make_scene(), make_truth())})

    call_command("evaluate", "cutout", str(folder), "--model", "none", "--json")

    told = json.loads(capsys.readouterr().out)
    assert (told["photos"], told["fallbacks"]) == (1, 1)
    assert told["iou_mean"] == told["iou_min"] > 0.9
    assert told["seconds_per_photo"] > 0


def test_a_folder_without_masks_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="has no images/ with masks/"):
        evaluate_cutouts(tmp_path)


def make_folder(folder: Path, pairs: dict[str, tuple[Image.Image, np.ndarray]]) -> Path:
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    for name, (image, mask) in pairs.items():
        image.save(folder / "images" / name, quality=95)
        Image.fromarray(mask).save(folder / "masks" / f"{Path(name).stem}.png")
    return folder


def not_white(photo: Image.Image) -> np.ndarray:
    """The truth of a photo on pure white: what white areas touching the frame do not cover."""
    pixels = np.asarray(photo)
    near = (pixels.min(axis=2) >= 236).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=4)
    frame = {*labels[0], *labels[-1], *labels[:, 0], *labels[:, -1]}
    pure = pixels.min(axis=2) >= 250
    backdrop = np.zeros(near.shape, bool)
    for label in range(1, len(stats)):
        patch = labels == label
        is_large = stats[label, cv2.CC_STAT_AREA] > 2000
        if is_large and (label in frame or pure[patch].mean() > 0.995):
            backdrop |= patch
    return (~backdrop * 255).astype(np.uint8)


@pytest.mark.shared_data
def test_on_real_photos_the_gate_keeps_its_promise(tmp_path: Path):
    paths = sorted((SHARED_DATA / "photos/apparel/images").iterdir())[3::48]
    photos = {path.name: Image.open(path).convert("RGB") for path in paths}
    pairs = {name: (photo, not_white(photo)) for name, photo in photos.items()}

    result = evaluate_cutouts(make_folder(tmp_path, pairs))

    assert result.fallbacks == 0
    assert result.false_alarms is not None and result.false_alarms <= 0.10
    assert result.recall is not None and result.recall >= 0.90
