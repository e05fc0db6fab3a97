"""Edits of a board: what each makes, what it refuses, and that all can be taken back."""

from collections.abc import Sequence
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from carousel.errors import Refused
from grouping import edits
from grouping.board import (
    ACCEPTED,
    MANUAL,
    MERGED,
    OPEN,
    Board,
    Card,
    Edit,
    apply,
    decisions,
    difference,
    edit_from_json,
    side_to_json,
)


def photo(n: int) -> UUID:
    return UUID(int=n)


def group(n: int) -> UUID:
    return UUID(int=1000 + n)


def make_card(n: int, *photos: int, **values: Any) -> Card:
    named = {"name": f"Item {n}", "position": float(n), **values}
    return Card(id=group(n), photos=tuple(photo(p) for p in photos), **named)  # type: ignore[arg-type]


def make_board(*cards: Card, aside: Sequence[int] = (), limit: int = 6) -> Board:
    by_id = {card.id: card for card in cards}
    return Board(cards=by_id, aside=frozenset(photo(p) for p in aside), limit=limit)


def photos_of(board: Board, n: int) -> list[int]:
    return [p.int for p in board.cards[group(n)].photos]


def test_a_name_is_tidied_and_marks_the_group_as_named():
    board = edits.rename(make_board(make_card(1, 1)), group(1), "  Wool \n jacket ")

    assert board.cards[group(1)].name == "Wool jacket"
    assert board.cards[group(1)].named


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_name_is_neither_empty_nor_endless(name: str):
    with pytest.raises(Refused):
        edits.rename(make_board(make_card(1, 1)), group(1), name)


def test_the_same_name_is_no_edit():
    board = make_board(make_card(1, 1))

    assert not difference(board, edits.rename(board, group(1), "Item 1"))


def test_splitting_a_group_up_makes_a_named_group_of_each_photo():
    ids = map(group, count(50))

    board = edits.split_up(make_board(make_card(1, 1, 2, 3)), group(1), lambda: next(ids))

    made = sorted(board.cards.values(), key=lambda card: card.position)
    assert [card.name for card in made] == [f"Item 1 - Image {n}" for n in (1, 2, 3)]
    assert [card.photos for card in made] == [(photo(1),), (photo(2),), (photo(3),)]
    assert {(card.kind, card.confidence) for card in made} == {(MANUAL, 1.0)}
    assert group(1) not in board.cards


def test_a_single_photo_cannot_be_split():
    with pytest.raises(Refused, match="only one photo"):
        edits.split_up(make_board(make_card(1, 1)), group(1), lambda: group(9))


def test_splitting_some_photos_off_puts_them_right_after_their_group():
    board = make_board(make_card(1, 1, 2, 3, 4, 5, cover=photo(1)), make_card(2, 6))

    board = edits.split_off(board, group(1), [photo(1), photo(4)], group(9))

    assert photos_of(board, 1) == [2, 3, 5]
    assert photos_of(board, 9) == [1, 4]
    assert board.cards[group(9)].name == "Item 1 - Image 1"
    assert 1 < board.cards[group(9)].position < 2
    assert board.cards[group(1)].cover is None


@pytest.mark.parametrize("chosen", [[], [1, 2], [1, 3]])
def test_splitting_off_takes_some_of_the_groups_own_photos(chosen: list[int]):
    with pytest.raises(Refused):
        edits.split_off(make_board(make_card(1, 1, 2)), group(1), [*map(photo, chosen)], group(9))


def test_merging_keeps_the_first_group_and_the_mean_confidence():
    board = make_board(
        make_card(1, 1, 2, confidence=0.9, weakest=0.88, cover=photo(2)),
        make_card(2, 3, confidence=0.8, weakest=0.79),
    )

    board = edits.merge(board, [group(1), group(2)])

    merged = board.cards[group(1)]
    assert photos_of(board, 1) == [1, 2, 3]
    assert group(2) not in board.cards
    assert (merged.kind, merged.name) == (MERGED, "Merged: Item 1, Item 2")
    assert merged.confidence == pytest.approx(0.85)
    assert (merged.weakest, merged.cover) == (0.79, photo(2))


def test_a_name_that_a_person_gave_survives_a_merge():
    board = make_board(make_card(1, 1, name="Wool jacket", named=True), make_card(2, 2))

    assert edits.merge(board, [group(1), group(2)]).cards[group(1)].name == "Wool jacket"


def test_merged_names_do_not_nest_repeat_or_grow_without_end():
    assert edits.joined_name(["Merged: a, b", "c", "a"]) == "Merged: a, b, c"
    assert len(edits.joined_name([f"Jacket number {n}" for n in range(40)])) <= 120
    assert edits.joined_name([f"Jacket number {n}" for n in range(40)]).endswith("more")


def test_merging_needs_two_groups_and_room_for_all_photos():
    board = make_board(make_card(1, 1, 2, 3, 4), make_card(2, 5, 6, 7))

    with pytest.raises(Refused, match="at least two"):
        edits.merge(board, [group(1), group(1)])
    with pytest.raises(Refused, match="at most 6 photos; this would make 7"):
        edits.merge(board, [group(1), group(2)])


def test_moving_photos_puts_them_where_they_were_dropped():
    board = make_board(make_card(1, 1, 2, 3), make_card(2, 4, 5))

    board = edits.move(board, [photo(2), photo(1)], group(2), index=1)

    assert photos_of(board, 1) == [3]
    assert photos_of(board, 2) == [4, 2, 1, 5]


def test_moving_the_last_photo_out_removes_the_group():
    board = edits.move(make_board(make_card(1, 1), make_card(2, 2)), [photo(1)], group(2))

    assert set(board.cards) == {group(2)}


def test_moving_inside_a_group_changes_only_the_order():
    board = edits.move(make_board(make_card(1, 1, 2, 3)), [photo(3)], group(1), index=0)

    assert photos_of(board, 1) == [3, 1, 2]
    assert not board.cards[group(1)].touched


def test_a_full_group_takes_no_more_photos():
    board = make_board(make_card(1, 1, 2, 3, 4, 5, 6), make_card(2, 7))

    with pytest.raises(Refused, match="at most 6"):
        edits.move(board, [photo(7)], group(1))


def test_photos_from_several_groups_and_the_tray_form_a_new_group():
    board = make_board(make_card(1, 1, 2), make_card(2, 3, 4), aside=[5])

    board = edits.form(board, [photo(2), photo(3), photo(5)], group(9))

    assert photos_of(board, 9) == [2, 3, 5]
    assert board.aside == frozenset()
    assert board.cards[group(9)].kind == MANUAL


def test_a_photo_laid_aside_leaves_its_group():
    board = edits.set_aside(make_board(make_card(1, 1, 2)), [photo(1)])

    assert photos_of(board, 1) == [2]
    assert board.aside == {photo(1)}


def test_accepting_twice_is_accepting_once():
    board = edits.accept(make_board(make_card(1, 1)), [group(1)])

    assert board.cards[group(1)].state == ACCEPTED
    assert not difference(board, edits.accept(board, [group(1)]))


def test_an_accepted_group_is_open_again_when_its_photos_change():
    board = make_board(make_card(1, 1, state=ACCEPTED), make_card(2, 2, 3))

    assert edits.move(board, [photo(3)], group(1)).cards[group(1)].state == OPEN


def test_rejecting_all_clears_the_grouping_but_not_what_is_accepted():
    board = make_board(make_card(1, 1, state=ACCEPTED), make_card(2, 2), aside=[3])

    cleared = edits.clear(board)

    assert set(cleared.cards) == {group(1)}
    assert cleared.aside == {photo(3)}


def test_an_edit_remembers_which_photos_it_joined_and_parted():
    board = make_board(make_card(1, 1, 2), make_card(2, 3))

    joined, parted = decisions(difference(board, edits.move(board, [photo(2)], group(2))))

    assert joined == {(photo(2), photo(3))}
    assert parted == {(photo(1), photo(2))}


def test_an_edit_is_refused_on_groups_that_moved_on():
    board = make_board(make_card(1, 1, 2), make_card(2, 3))
    edit = difference(board, edits.merge(board, [group(1), group(2)]))

    with pytest.raises(Refused, match="changed since"):
        apply(edits.rename(board, group(2), "Other"), edit)


def test_a_photo_deleted_since_is_left_out_of_what_is_taken_back():
    board = make_board(make_card(1, 1, 2, cover=photo(2)), make_card(2, 3))
    edit = difference(board, edits.merge(board, [group(1), group(2)]))

    back = edit.undone().without(frozenset({photo(2), photo(3)}))

    assert back.after == {group(1): make_card(1, 1)}


class Editing(RuleBasedStateMachine):
    """Any run of edits, undone in turn, comes back to where it began."""

    @initialize(sizes=st.lists(st.integers(1, 4), min_size=2, max_size=6))
    def begin(self, sizes: list[int]) -> None:
        numbers = count()
        cards = [make_card(n, *(next(numbers) for _ in range(k))) for n, k in enumerate(sizes)]
        self.start = self.board = make_board(*cards)
        self.everything = {p for card in cards for p in card.photos}
        self.done: list[Edit] = []
        self.undone: list[Edit] = []
        self.ids = map(group, count(100))

    def perform(self, wanted: Board) -> None:
        edit = _stored_and_read(difference(self.board, wanted))
        self.board = apply(self.board, edit)
        if edit:
            self.done.append(edit)
            self.undone.clear()

    def attempt(self, make: object, *args: object) -> None:
        try:
            wanted = make(self.board, *args)  # type: ignore[operator]
        except Refused:
            return
        self.perform(wanted)

    def some_groups(self, data: st.DataObject, least: int = 1) -> list[UUID]:
        ids = sorted(self.board.cards)
        return data.draw(st.lists(st.sampled_from(ids), min_size=least, max_size=3, unique=True))

    def some_photos(self, data: st.DataObject) -> list[UUID]:
        return data.draw(
            st.lists(st.sampled_from(sorted(self.everything)), min_size=1, max_size=4, unique=True)
        )

    @precondition(lambda self: self.board.cards)
    @rule(data=st.data(), name=st.text(max_size=8))
    def rename(self, data: st.DataObject, name: str) -> None:
        self.attempt(edits.rename, self.some_groups(data)[0], name)

    @precondition(lambda self: self.board.cards)
    @rule(data=st.data())
    def split_up(self, data: st.DataObject) -> None:
        self.attempt(edits.split_up, self.some_groups(data)[0], lambda: next(self.ids))

    @rule(data=st.data())
    def form(self, data: st.DataObject) -> None:
        self.attempt(edits.form, self.some_photos(data), next(self.ids))

    @precondition(lambda self: len(self.board.cards) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        self.attempt(edits.merge, self.some_groups(data, least=2))

    @precondition(lambda self: self.board.cards)
    @rule(data=st.data(), index=st.none() | st.integers(-1, 5))
    def move(self, data: st.DataObject, index: int | None) -> None:
        self.attempt(edits.move, self.some_photos(data), self.some_groups(data)[0], index)

    @rule(data=st.data())
    def set_aside(self, data: st.DataObject) -> None:
        self.attempt(edits.set_aside, self.some_photos(data))

    @precondition(lambda self: self.board.cards)
    @rule(data=st.data(), become=st.sampled_from([edits.accept, edits.reopen, edits.reject]))
    def decide(self, data: st.DataObject, become: object) -> None:
        self.attempt(become, self.some_groups(data))

    @rule()
    def clear(self) -> None:
        self.attempt(edits.clear)

    @precondition(lambda self: self.done)
    @rule()
    def undo(self) -> None:
        edit = self.done.pop()
        self.board = apply(self.board, edit.undone())
        self.undone.append(edit)

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self) -> None:
        edit = self.undone.pop()
        self.board = apply(self.board, edit)
        self.done.append(edit)

    @invariant()
    def each_photo_lies_in_one_place(self) -> None:
        lying = [p for card in self.board.cards.values() for p in card.photos] + [*self.board.aside]
        assert len(lying) == len(set(lying))
        assert set(lying) <= self.everything

    @invariant()
    def no_group_is_empty_or_too_large(self) -> None:
        assert all(1 <= len(card.photos) <= 6 for card in self.board.cards.values())

    def teardown(self) -> None:
        for edit in reversed(getattr(self, "done", [])):
            self.board = apply(self.board, edit.undone())
        assert not hasattr(self, "start") or self.board == self.start


def _stored_and_read(edit: Edit) -> Edit:
    return edit_from_json(
        side_to_json(edit.before, edit.aside_before), side_to_json(edit.after, edit.aside_after)
    )


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_long_runs_of_edits_come_back_too():
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Editing, settings=settings(max_examples=2000, stateful_step_count=50, deadline=None)
    )
