"""A device that holds passkeys, in software: what a phone and a browser do together, and what they never would."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

PRESENT, VERIFIED, NEW_KEY = 0x01, 0x04, 0x40


@dataclass(slots=True)
class Device:
    """One key of one person at one site; `origin` is what the browser says the page is, `verified` whether it has checked
    its owner."""

    origin: str = "https://testserver"
    rp: str = "testserver"
    verified: bool = True
    handle: str = ""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        return hashlib.sha256(self.rp.encode()).digest() + struct.pack(">BI", flags, 0)

    def _answer(self, client: bytes, **response: Any) -> str:
        encoded = websafe_encode(self.id)
        said = {"clientDataJSON": websafe_encode(client), **response}
        return json.dumps(
            {"id": encoded, "rawId": encoded, "type": "public-key", "clientExtensionResults": {}, "response": said}
        )

    def make(self, options: dict[str, Any]) -> str:
        """Make the key that the page asks for; the answer as the page sends it."""
        self.handle = options["user"]["id"]
        client = self._client("webauthn.create", options["challenge"])
        public = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        data = self._data(NEW_KEY) + bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(client, attestationObject=websafe_encode(attestation))

    def show(self, options: dict[str, Any], *, signed: bytes | None = None) -> str:
        """Prove the key; `signed`: the signature is over something else."""
        client = self._client("webauthn.get", options["challenge"])
        data = self._data()
        over = signed if signed is not None else data + hashlib.sha256(client).digest()
        return self._answer(
            client,
            authenticatorData=websafe_encode(data),
            signature=websafe_encode(self.key.sign(over, ec.ECDSA(SHA256()))),
            userHandle=self.handle,
        )
