"""The one way in which pixel work says no to a file."""


class Rejected(Exception):
    """This file will never become a photo; the message is a sentence for staff."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
