"""A small OpenID provider over real HTTP for tests: code flow, PKCE demanded, RS256."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "staff", "staff-secret"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer(ThreadingHTTPServer):
    """`claims` are what it says of whoever comes; `key` signs; `codes` are open requests.

    `asked` are the paths that were read; `keys` is what /keys answers instead of its own key, as a
    whole or in parts; `sent` is how many bytes of parts it got rid of.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.claims: dict[str, Any] = {}
        self.key = KEY
        self.codes: dict[str, dict[str, str]] = {}
        self.refused: list[str] = []
        self.asked: list[str] = []
        self.keys: bytes | Callable[[], Iterator[bytes]] | None = None
        self.sent = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def running() -> Iterator[Issuer]:
    with Issuer() as issuer:
        thread = threading.Thread(target=issuer.serve_forever, daemon=True)
        thread.start()
        yield issuer
        issuer.shutdown()
        thread.join(5)


class _Door(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        path, asked = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        self.server.asked.append(path)
        if path == "/keys" and callable(self.server.keys):
            return self._send_parts(self.server.keys())
        if path == "/keys" and self.server.keys is not None:
            return self._send(self.server.keys, 200)
        if path == "/authorize":
            return self._send_back({name: values[0] for name, values in asked.items()})
        known = {
            "/.well-known/openid-configuration": {
                "issuer": self.server.url,
                "authorization_endpoint": f"{self.server.url}/authorize",
                "token_endpoint": f"{self.server.url}/token",
                "jwks_uri": f"{self.server.url}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            },
            "/keys": {"keys": [jwk_of(KEY, "k1")]},
        }
        return self._json(known[path])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        told = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.server.codes.pop(told.get("code", ""), None)
        given = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {given}":
            return self._refuse("invalid_client")
        if asked is None or _challenge(told.get("code_verifier", "")) != asked["code_challenge"]:
            return self._refuse("invalid_grant")
        return self._json(
            {"access_token": "x", "token_type": "Bearer", "id_token": self._id(asked)}
        )

    def _send_back(self, asked: dict[str, str]) -> None:
        if asked.get("code_challenge_method") != "S256":
            return self._refuse("pkce_needed")
        code = secrets.token_urlsafe(8)
        self.server.codes[code] = asked
        self.send_response(302)
        query = urlencode({"code": code, "state": asked["state"]})
        self.send_header("Location", f"{asked['redirect_uri']}?{query}")
        self.end_headers()
        return None

    def _id(self, asked: dict[str, str]) -> str:
        moment = int(time.time())
        claims = {
            "iss": self.server.url, "aud": CLIENT, "iat": moment, "exp": moment + 300,
            "nonce": asked["nonce"],
        } | self.server.claims  # fmt: skip
        return jwt.encode(claims, self.server.key, algorithm="RS256", headers={"kid": "k1"})

    def _refuse(self, error: str) -> None:
        self.server.refused.append(error)
        self._json({"error": error}, 400)

    def _json(self, body: Any, status: int = 200) -> None:
        self._send(json.dumps(body).encode(), status)

    def _send(self, content: bytes, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _send_parts(self, parts: Iterator[bytes]) -> None:
        """Raw, head and all, until there is no more or nobody listens."""
        self.close_connection = True
        with suppress(ConnectionError):
            for part in parts:
                self.wfile.write(part)
                self.server.sent += len(part)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def jwk_of(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return known | {"kid": kid, "use": "sig", "alg": "RS256"}


def _challenge(verifier: str) -> str:
    return (
        base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    )
