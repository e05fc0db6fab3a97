"""What pixels alone can tell: colours, damage and its place, kinds by vote, the first photo."""

import io
from decimal import Decimal

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from imaging.analysis import checklist, condition, rating
from imaging.pixels.opening import open_safely
from imaging.sight import colours, defects, looks, primary, votes
from imaging.sight.defects import Box, in_crop, overlap
from imaging.sight.votes import Ballot

ITEM = (60, 40, 340, 460)


@pytest.mark.parametrize(
    ("rgb", "key"),
    [
        ((190, 25, 35), "red"), ((95, 15, 25), "dark_red"), ((240, 150, 170), "pink"),
        ((255, 130, 120), "salmon"), ((240, 130, 20), "orange"), ((245, 215, 60), "yellow"),
        ((200, 240, 90), "lime"), ((30, 130, 60), "green"), ((15, 60, 30), "dark_green"),
        ((40, 190, 190), "turquoise"), ((40, 90, 200), "blue"), ((20, 28, 60), "dark_blue"),
        ((160, 200, 240), "light_blue"), ((100, 40, 140), "purple"), ((190, 165, 220), "lilac"),
        ((110, 70, 40), "brown"), ((205, 185, 150), "beige"), ((12, 12, 13), "black"),
        ((60, 61, 64), "dark_grey"), ((128, 128, 130), "grey"), ((200, 200, 202), "light_grey"),
        ((250, 250, 250), "white"),
    ],
)  # fmt: skip
def test_a_colour_has_the_name_people_give_it(rgb, key):
    [first, *_] = colours.name_colours(cutout(rgb))

    assert first.key == key
    assert first.hex == "#{:02x}{:02x}{:02x}".format(*rgb)


def test_two_colours_are_both_named_and_the_larger_first():
    pixels = cutout((190, 25, 35))
    pixels[40:190, 60:340, :3] = (20, 20, 22)

    told = [(colour.key, colour.share > 0.2) for colour in colours.name_colours(pixels)]

    assert told == [("red", True), ("black", True)]


def test_the_background_has_no_say_and_an_empty_mask_no_colour():
    pixels = cutout((190, 25, 35))
    pixels[pixels[..., 3] == 0, :3] = (0, 255, 0)

    assert [colour.key for colour in colours.name_colours(pixels)] == ["red"]
    assert colours.name_colours(np.zeros((50, 50, 4), np.uint8)) == ()


def test_a_hand_that_holds_the_item_is_not_its_colour():
    pixels = cutout((40, 90, 200))
    pixels[380:460, 60:340, :3] = (224, 172, 138)

    assert [colour.key for colour in colours.name_colours(pixels)] == ["blue"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_stain_is_at_the_same_place_whichever_way_the_camera_was_held(orientation):
    upright = stained((150, 180, 260), at=(120, 130))
    photo = open_safely(held(upright, orientation))
    pixels = np.dstack([np.asarray(photo.convert("RGB")), mask_of(photo.size)])

    [found] = defects.find(pixels)

    assert found.kind == "stain"
    expected = Box(108 / 400, 118 / 500, 25 / 400, 25 / 500)
    assert overlap(found.box, expected) > 0.6


def test_a_place_in_the_photo_is_the_same_place_in_its_crop():
    box, crop = Box(0.3, 0.4, 0.1, 0.1), Box(0.25, 0.3, 0.5, 0.5)

    inside = in_crop(box, crop)

    assert inside is not None
    assert (round(inside.x, 6), round(inside.y, 6)) == (0.1, 0.2)
    assert (round(inside.width, 6), round(inside.height, 6)) == (0.2, 0.2)
    assert in_crop(Box(0, 0, 0.1, 0.1), crop) is None


@pytest.mark.parametrize("pattern", ["plain", "striped", "checked", "noisy"])
def test_cloth_without_damage_has_none(pattern):
    assert defects.find(cloth(pattern)) == ()


def test_stains_and_scratches_are_found_and_no_more():
    """Twenty of each at random places on plain and noisy cloth: what a person would point at."""
    random = np.random.default_rng(7)
    caught = extra = 0
    for kind in ("stain", "scratch"):
        for number in range(20):
            pixels = cloth("noisy" if number % 2 else "plain")
            x, y = int(random.integers(110, 290)), int(random.integers(100, 400))
            draw(pixels, kind, x, y)
            found = defects.find(pixels)
            hits = [each for each in found if contains(each.box, x / 400, y / 500)]
            caught += bool(hits)
            extra += len(found) - len(hits)

    assert caught >= 36
    assert extra <= 2


def test_a_small_window_in_the_item_may_be_a_hole():
    pixels = cloth("plain")
    cv2.circle(pixels, (200, 250), 8, (0, 0, 0, 0), -1)

    assert [found.kind for found in defects.find(pixels)] == ["hole"]


@pytest.mark.parametrize(
    ("seen", "value"),
    [
        ([], "very_good"),
        ([("stain", "minor", 1.0)], "good"),
        ([("stain", "moderate", 1.0)], "good"),
        ([("stain", "major", 1.0)], "fair"),
        ([("hole", "major", 1.0)], "poor"),
        ([("stain", "minor", 0.2)], "very_good"),
    ],
)
def test_the_condition_is_guessed_from_damage_and_never_surely(seen, value):
    made = condition.guess([condition.Seen(*each) for each in seen], photos=4)

    assert made.value == value
    assert made.confidence <= 0.5


def test_more_damage_never_makes_a_better_condition():
    order = condition.ORDER.index
    for severity in condition.WEIGHTS:
        for count in range(5):
            fewer = condition.guess([condition.Seen("stain", severity, 0.7)] * count).value
            more = condition.guess([condition.Seen("stain", severity, 0.7)] * (count + 1)).value
            assert order(more) >= order(fewer)


def test_a_clear_vote_names_the_kind_and_a_thin_or_divided_one_does_not():
    clear = votes.vote([Ballot("Shoes", 0.9)] * 5 + [Ballot("Bags", 0.7)])
    thin = votes.vote([Ballot("Shoes", 0.95)] * 2)
    divided = votes.vote([Ballot(f"Kind {n}", 0.9) for n in range(8)])
    distant = votes.vote([Ballot("Shoes", 0.5)] * 9)

    assert (clear.value, clear.scores["Shoes"] > 0.9) == ("Shoes", True)
    assert (thin.value, divided.value, distant.value) == ("", "", "")
    assert distant.voters == 0


@pytest.mark.parametrize(
    ("photos", "filled", "state", "stars"),
    [
        ([1.0] * 4, True, "new_with_tags", "5.0"),
        ([], False, "poor", "1.0"),
        ([0.5] * 3, True, "good", "3.9"),
        ([0.5], True, "good", "3.5"),
        ([1.0] * 3, False, "", "3.0"),
    ],
)
def test_the_rating_follows_its_formula(photos, filled, state, stars):
    made = rating.rate(photos, {"title": filled, "price": filled}, state)

    assert made.value == Decimal(stars)
    assert made.formula.endswith(f"= {stars}")
    assert made.missing == (() if filled else ("title", "price"))


def test_the_first_photo_is_the_one_that_shows_the_item_best_and_says_why():
    blurred = primary.Look("a", whole=1, sharp=0.1, lit=0.9, clean=1, large=0.8)
    clear = primary.Look("b", whole=1, sharp=0.9, lit=0.9, clean=1, large=0.8)
    cut = primary.Look("c", whole=0.2, sharp=1, lit=1, clean=1, large=1)

    chosen = primary.choose([blurred, clear, cut])

    assert chosen is not None and chosen.key == "b"
    assert chosen.reasons[0] == "the whole item is in the picture"
    assert "the item is sharp" in chosen.reasons
    assert primary.choose([]) is None


def test_of_two_alike_the_first_shot_wins_unless_staff_taught_otherwise():
    front = primary.Look("front", whole=1, sharp=0.8, lit=0.9, clean=1, large=0.3)
    close = primary.Look("close", whole=0.6, sharp=0.8, lit=0.9, clean=1, large=1)

    assert primary.choose([front, close]).key == "front"
    assert primary.merits(close, front) == ("large",)
    assert primary.choose([front, close], {"large": 60}).key == "close"


@pytest.mark.parametrize(
    ("category", "shots", "missing"),
    [
        ("tops", [], ["front", "back", "label"]),
        ("tops", [(False, ""), (False, ""), (True, "")], []),
        ("tops", [(False, ""), (True, "")], ["back"]),
        ("tops", [(False, "back")], ["front", "label"]),
        ("footwear", [(False, ""), (False, ""), (True, "sole")], ["label"]),
        ("books", [(False, ""), (False, "")], []),
    ],
)
def test_missing_shots_are_named(category, shots, missing):
    found = checklist.missing(category, [checklist.Shot(*shot) for shot in shots])

    assert [each.shot for each in found] == missing
    assert all(each.sentence.endswith(".") for each in found)


def test_confirmed_damage_wants_a_close_up():
    found = checklist.missing("books", [checklist.Shot(is_close=False)] * 2, has_damage=True)

    assert [each.shot for each in found] == ["defect"]


def test_sharpness_is_measured_on_the_item_and_not_on_the_backdrop():
    sharp, blurred = cloth("checked"), cloth("checked")
    blurred[..., :3] = cv2.GaussianBlur(blurred[..., :3], (0, 0), 6)
    for pixels in (sharp, blurred):
        outside = pixels[..., 3] == 0
        pixels[outside, :3] = 127

    assert looks.look("", sharp).sharp > looks.look("", blurred).sharp + 0.3


def test_a_close_up_runs_out_of_the_frame():
    whole = cutout((90, 90, 90))
    close = np.full((500, 400, 4), 255, np.uint8)

    assert (looks.is_close(whole), looks.is_close(close)) == (False, True)
    assert looks.look("", whole).whole == 1 and looks.look("", close).whole == 0


def cutout(rgb: tuple[int, int, int]) -> np.ndarray:
    pixels = np.zeros((500, 400, 4), np.uint8)
    left, top, right, bottom = ITEM
    pixels[top:bottom, left:right] = (*rgb, 255)
    return pixels


def cloth(pattern: str) -> np.ndarray:
    pixels = cutout((120, 150, 190))
    item = pixels[40:460, 60:340, :3]
    if pattern == "striped":
        item[(np.arange(420) // 14) % 2 == 0] = (240, 240, 240)
    if pattern == "checked":
        rows, columns = np.indices(item.shape[:2])
        item[(rows // 16 + columns // 16) % 2 == 0] = (60, 60, 90)
    if pattern == "noisy":
        noise = np.random.default_rng(1).normal(0, 5, item.shape)
        item[:] = np.clip(item + noise, 0, 255).astype(np.uint8)
    return pixels


def draw(pixels: np.ndarray, kind: str, x: int, y: int) -> None:
    if kind == "stain":
        cv2.circle(pixels, (x, y), 10, (70, 55, 40, 255), -1)
    else:
        cv2.line(pixels, (x - 18, y - 8), (x + 18, y + 8), (235, 235, 235, 255), 3)


def contains(box: Box, x: float, y: float) -> bool:
    return box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height


def stained(rgb: tuple[int, int, int], at: tuple[int, int]) -> Image.Image:
    image = Image.new("RGB", (400, 500), (240, 238, 235))
    pen = ImageDraw.Draw(image)
    pen.rectangle(ITEM, fill=(min(rgb[0], 255), min(rgb[1], 255), min(rgb[2], 255)))
    x, y = at
    pen.ellipse((x - 12, y - 12, x + 12, y + 12), fill=(60, 40, 30))
    return image


TURN_BACK = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
}  # fmt: skip


def held(upright: Image.Image, orientation: int) -> bytes:
    """The file of a camera that was held so: stored turned, with the tag that turns it back."""
    turn = TURN_BACK.get(orientation)
    stored = upright.transpose(turn) if turn is not None else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    stored.save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


def mask_of(size: tuple[int, int]) -> np.ndarray:
    mask = np.zeros((size[1], size[0]), np.uint8)
    left, top, right, bottom = ITEM
    mask[top:bottom, left:right] = 255
    return mask
