"""Receipts: what a phone keeps of each stamp, and brings back when a server has forgotten it (docs/stamps.md, "A scan")."""

import hmac

from eventapp.stamps import keys, tokens
from eventapp.stamps.messages import Receipt
from eventapp.stamps.models import Status

LETTERS = 16  # 80 bits


class Signer:
    """Signs the stamps of one card, by the code that the phone itself uses: worth nothing on another card."""

    def __init__(self, rally_id: int, card_code: str) -> None:
        self.key, self.card_code = keys.receipt_key(rally_id), card_code

    def sign(self, station: str, scan_id: str, t: int, status: Status) -> str:
        """The receipt for a stamp; `t` in milliseconds."""
        return tokens.mac(
            self.key, f"receipt/{self.card_code}/{station}/{scan_id}/{t}/{status.value}", LETTERS
        )

    def is_good(self, receipt: Receipt) -> bool:
        """Whether we have signed this; compared in constant time."""
        made = self.sign(receipt.station, receipt.scan_id, receipt.t, receipt.status)
        return hmac.compare_digest(made.encode(), receipt.mac.encode())
