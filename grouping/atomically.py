"""One transaction that survives a deadlock: the database undid it all, so it is done once more."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from psycopg import errors

from carousel.errors import Refused

P = ParamSpec("P")
R = TypeVar("R")
TRIES = 3
AGAIN = (errors.DeadlockDetected, errors.SerializationFailure)


def one_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Run in a transaction; again after a deadlock. Refused when a lock cannot be had in time."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                _judge(error, is_last=last)
        raise AssertionError("The last try either returned or raised.")

    return wrapper


def _judge(error: OperationalError, *, is_last: bool) -> None:
    if isinstance(error.__cause__, errors.LockNotAvailable):
        raise Refused("Somebody else is changing this batch just now. Try again.") from error
    is_within = connection.in_atomic_block
    if is_within or is_last or not isinstance(error.__cause__, AGAIN):
        raise error
