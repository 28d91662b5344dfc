"""Certificates of awards: 21 bytes and an ECDSA P-256 signature, in 137 letters. A desk's phone checks them without us.

Bytes: version 1, rally (4), prize (4), award (10), then the hour it was earned (2, hours since 2026-01-01 UTC, as far as they go).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from eventapp.stamps import keys, tokens

PREFIX = b"OFS1/certificate"
PAYLOAD, SIGNATURE = 21, 64
LENGTH = 1 + -(-(PAYLOAD + SIGNATURE) * 8 // 5)


@dataclass(frozen=True)
class Certificate:
    """What a certificate says."""

    rally_id: int
    prize_id: int
    award: str
    hour: int


def make(rally_id: int, prize_id: int, award: str, earned_at: datetime) -> str:
    """Sign one. Signing is deterministic (RFC 6979): the same award has one certificate."""
    from cryptography.hazmat.primitives.asymmetric import ec, utils  # loaded for the first certificate
    from cryptography.hazmat.primitives.hashes import SHA256

    hour = max(0, min((earned_at - tokens.EPOCH) // timedelta(hours=1), 0xFFFF))
    payload = (
        b"\x01"
        + rally_id.to_bytes(4)
        + prize_id.to_bytes(4)
        + tokens.decode_bytes(award, 10)
        + hour.to_bytes(2)
    )
    signed = keys.certificate_key(rally_id).sign(
        PREFIX + payload, ec.ECDSA(SHA256(), deterministic_signing=True)
    )
    r, s = utils.decode_dss_signature(signed)
    return tokens.ALPHABET[tokens.Type.CERTIFICATE] + tokens.encode_bytes(
        payload + r.to_bytes(32) + s.to_bytes(32)
    )


def verify(typed: str, rally_id: int) -> Certificate:
    """What a good certificate of this rally says. Raises TokenError."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    token = tokens.normalize(typed)
    if len(token) != LENGTH or token[0] != tokens.ALPHABET[tokens.Type.CERTIFICATE]:
        raise tokens.TokenError("not a certificate")
    data = tokens.decode_bytes(token[1:], PAYLOAD + SIGNATURE)
    payload, r, s = data[:PAYLOAD], data[PAYLOAD : PAYLOAD + 32], data[PAYLOAD + 32 :]
    read = Certificate(int.from_bytes(payload[1:5]), int.from_bytes(payload[5:9]), tokens.encode_bytes(payload[9:19]),
                       int.from_bytes(payload[19:21]))  # fmt: skip
    if payload[0] != 1 or read.rally_id != rally_id:
        raise tokens.TokenError("of another rally")
    try:
        signature = utils.encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
        keys.certificate_key(rally_id).public_key().verify(signature, PREFIX + payload, ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise tokens.TokenError("not made here") from error
    return read
