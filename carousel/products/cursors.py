"""Where a page of a list ended, as an opaque word that goes on in that list and in no other.

The order is newest first and, for the same moment, by id; neither ever changes for a row, so a
reader who follows `next` sees each row that was there exactly once.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.signing import BadSignature, Signer

from carousel.errors import GiveUp


@dataclass(frozen=True)
class Cursor:
    """`of` is the list: whose it is and what was asked for."""

    created_at: datetime
    id: UUID

    def word(self, of: str) -> str:
        text = f"{self.created_at.isoformat()}|{self.id}"
        return base64.urlsafe_b64encode(_signer(of).sign(text).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, word: str, of: str) -> "Cursor":
        """GiveUp for anything that this list has not given out."""
        try:
            signed = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
            moment, _, name = _signer(of).unsign(signed.decode()).partition("|")
            return cls(datetime.fromisoformat(moment), UUID(name))
        except (BadSignature, ValueError, binascii.Error) as error:
            raise GiveUp("This cursor is not from this list. Begin again without one.") from error


def _signer(of: str) -> Signer:
    return Signer(salt=f"carousel.cursor {of}")
