"""What each key of the review page does, pressed on a drawn batch of six groups of three photos."""

from collections.abc import Callable

from playwright.sync_api import Page, expect


def _count(page: Page, number: int) -> None:
    expect(page.locator("#groups > .group")).to_have_count(number)


def _current(page: Page, name: str) -> None:
    expect(page.locator(".group.current .name")).to_have_text(name)


def _photo(page: Page, number: int) -> None:
    """The focus is on the n-th photo of the page, from 0."""
    expect(page.locator(".tile input").nth(number)).to_be_focused()


def _sizes(page: Page, *sizes: int) -> None:
    for at, size in enumerate(sizes):
        expect(page.locator("#groups > .group").nth(at)).to_have_attribute("data-n", str(size))


def _chosen(page: Page, number: int) -> None:
    expect(page.locator(".tile input:checked")).to_have_count(number)


def _press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def next_group(page: Page) -> None:
    _press(page, "j")
    _current(page, "Item 2")


def previous_group(page: Page) -> None:
    _press(page, "j", "j", "k")
    _current(page, "Item 2")


def next_photo(page: Page) -> None:
    _press(page, *["ArrowRight"] * 4)
    _photo(page, 3)
    _current(page, "Item 2")


def previous_photo(page: Page) -> None:
    _press(page, "j", "ArrowLeft")
    _photo(page, 2)


def row_down(page: Page) -> None:
    _press(page, "ArrowRight", "ArrowDown")
    tops = page.evaluate(
        "[document.querySelector('.tile'), document.activeElement]"
        ".map(each => each.getBoundingClientRect().top)"
    )
    assert tops[1] > tops[0] + 100


def row_up(page: Page) -> None:
    _press(page, "ArrowRight", "ArrowDown", "ArrowUp")
    _photo(page, 0)


def choose(page: Page) -> None:
    _press(page, "ArrowRight", "x")
    _chosen(page, 1)
    _press(page, "x")
    _chosen(page, 0)


def choose_next(page: Page) -> None:
    _press(page, "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")
    _chosen(page, 3)


def choose_previous(page: Page) -> None:
    _press(page, "j", "Shift+ArrowLeft")
    _chosen(page, 2)


def choose_all(page: Page) -> None:
    _press(page, "j", "*")
    _chosen(page, 3)


def preview(page: Page) -> None:
    _press(page, "ArrowRight", "Space")
    expect(page.locator("#preview img")).to_have_count(1)
    _press(page, "ArrowRight", "Escape")
    _photo(page, 1)


def compare(page: Page) -> None:
    _press(page, "ArrowRight", "v")
    expect(page.locator("#preview img")).to_have_count(2)


def accept(page: Page) -> None:
    _press(page, "a")
    expect(page.locator(".group").first).to_have_attribute("data-state", "accepted")
    _current(page, "Item 2")


def reopen(page: Page) -> None:
    _press(page, "a", "k", "u")
    expect(page.locator("#toast")).to_contain_text("Group Reopened: Item 1")


def reject(page: Page) -> None:
    _press(page, "Shift+R")
    expect(page.locator("#toast")).to_contain_text("Group Rejected: Item 1")


def rename(page: Page) -> None:
    for key, name in (("r", "Coat"), ("F2", "Jacket")):
        _press(page, key)
        page.keyboard.insert_text(name)
        _press(page, "Enter")
        _current(page, name)


def suggested_names(page: Page) -> None:
    """Without a suggestion the keys change nothing; with one they take it."""
    _press(page, "1", "2", "3")
    _current(page, "Item 1")


def split(page: Page) -> None:
    _press(page, "s")
    _count(page, 8)


def cut(page: Page) -> None:
    _press(page, "w")
    _count(page, 7)


def merge(page: Page) -> None:
    _press(page, "j", "m")
    _count(page, 5)
    _sizes(page, 6)


def merge_next(page: Page) -> None:
    _press(page, "Shift+M")
    _count(page, 5)
    _sizes(page, 6)


def form(page: Page) -> None:
    _press(page, "ArrowRight", "x", "n")
    _count(page, 7)


def move_to(page: Page) -> None:
    _press(page, "ArrowRight", "g")
    expect(page.locator("#layer .target")).to_have_count(8)


def move_back(page: Page) -> None:
    _press(page, "j", "[")
    _sizes(page, 4, 2)


def move_on(page: Page) -> None:
    _press(page, "ArrowRight", "]")
    _sizes(page, 2, 4)


def cover(page: Page) -> None:
    _press(page, "ArrowRight", "ArrowRight", "c")
    expect(page.locator(".group").first.locator(".tile").nth(1).locator(".badge")).to_be_visible()


def aside(page: Page) -> None:
    _press(page, "ArrowRight", "Delete")
    expect(page.locator("#tray .tile")).to_have_count(1)


def matches(page: Page) -> None:
    """Without a possible match the keys change nothing."""
    _press(page, "y", "o")
    _count(page, 6)


def undo(page: Page) -> None:
    _press(page, "s", "Control+z")
    expect(page.locator("#toast")).to_contain_text("Taken back")
    _count(page, 6)


def redo(page: Page) -> None:
    for key in ("Control+Shift+z", "Control+y"):
        _press(page, "s", "Control+z", key)
        _count(page, 8)
        _press(page, "Control+z")
        _count(page, 6)


def focus(page: Page) -> None:
    _press(page, "f")
    expect(page.locator(".group.current .tile").first).to_have_css("width", "260px")
    _press(page, "j")
    _current(page, "Item 2")
    _press(page, "Escape")
    expect(page.locator(".group.current .tile").first).to_have_css("width", "112px")


def inspector(page: Page) -> None:
    expect(page.locator("#inspector")).to_contain_text("Why together")
    _press(page, "i")
    expect(page.locator("#inspector")).to_be_hidden()
    _press(page, "i")


def find(page: Page) -> None:
    _press(page, "/")
    expect(page.locator("#find")).to_be_focused()


def accept_sure(page: Page) -> None:
    _press(page, "Shift+A")
    expect(page.locator("#layer")).to_contain_text("Accept 4 groups")


def escape(page: Page) -> None:
    _press(page, "ArrowRight", "x", "Escape")
    _chosen(page, 0)


WHAT_EACH_KEY_DOES: dict[str, Callable[[Page], None]] = {
    "nextGroup": next_group,
    "previousGroup": previous_group,
    "nextPhoto": next_photo,
    "previousPhoto": previous_photo,
    "rowDown": row_down,
    "rowUp": row_up,
    "choose": choose,
    "chooseNext": choose_next,
    "choosePrevious": choose_previous,
    "chooseAll": choose_all,
    "preview": preview,
    "compare": compare,
    "accept": accept,
    "reopen": reopen,
    "reject": reject,
    "rename": rename,
    "suggestedNames": suggested_names,
    "split": split,
    "cut": cut,
    "merge": merge,
    "mergeNext": merge_next,
    "form": form,
    "moveTo": move_to,
    "moveBack": move_back,
    "moveOn": move_on,
    "cover": cover,
    "aside": aside,
    "matches": matches,
    "undo": undo,
    "redo": redo,
    "focus": focus,
    "inspector": inspector,
    "filter": find,
    "acceptSure": accept_sure,
    "escape": escape,
}
