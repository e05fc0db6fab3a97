"""Where a page of a list ended, as an opaque word. Pure.

The order is newest first and, for the same moment, by id; neither ever changes for a row, so a
reader who follows `next` sees each row that was there exactly once.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carousel.errors import GiveUp


@dataclass(frozen=True)
class Cursor:
    created_at: datetime
    id: UUID

    def __str__(self) -> str:
        text = f"{self.created_at.isoformat()}|{self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, word: str) -> "Cursor":
        """GiveUp for anything that is not a cursor of ours."""
        try:
            text = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
            moment, _, name = text.decode().partition("|")
            cursor = cls(datetime.fromisoformat(moment), UUID(name))
        except (ValueError, binascii.Error) as error:
            raise GiveUp("This cursor was not made here.") from error
        if cursor.created_at.tzinfo is None:
            raise GiveUp("This cursor was not made here.")
        return cursor
