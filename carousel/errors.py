"""The two ways work can fail, and the one way a person can be refused."""


class Retry(Exception):
    """It may succeed later: a timeout, a throttle, a 5xx."""


class GiveUp(Exception):
    """It will never succeed as asked: bad input, a 4xx, a missing file."""


class Refused(Exception):
    """A rule of the business says no. The message is shown to the person."""
