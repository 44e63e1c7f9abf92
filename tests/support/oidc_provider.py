"""A small OpenID Connect provider on the loopback that can misbehave on request."""

import hmac
import json
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "macrofolio", "a secret of the provider's"
REDIRECT_URI = "http://127.0.0.1:8050/login/oidc"

Claims = dict[str, Any]
Signer = Callable[[Claims], str]


@dataclass
class Provider:
    """Signs in `person` without asking. `change` and `sign` alter the tokens' content and signature."""

    issuer: str = ""
    person: Claims = field(default_factory=dict)
    change: Claims = field(default_factory=dict)
    metadata: Claims = field(default_factory=dict)
    sign: Signer | None = None
    status: HTTPStatus = HTTPStatus.OK
    keys: list[Claims] | None = None  # what it publishes instead of `key` and what others have beside it
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    _asked: dict[str, Claims] = field(default_factory=dict)

    def visit(self, authorization_url: str) -> dict[str, str]:
        """What the person's browser would bring back from `authorization_url`: code and state."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(authorization_url).query).items()}
        assert authorization_url.startswith(f"{self.issuer}/authorize?")
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, REDIRECT_URI)
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert "openid" in asked["scope"]
        code = secrets.token_urlsafe(8)
        self._asked[code] = asked
        return {"code": code, "state": asked["state"]}

    def answer(self, path: str, form: dict[str, str]) -> tuple[HTTPStatus, Claims]:
        if self.status != HTTPStatus.OK:
            return self.status, {}
        if path == "/.well-known/openid-configuration":
            return HTTPStatus.OK, self._configuration() | self.metadata
        if path == "/jwks":
            # Real providers also publish keys of other kinds.
            encrypts = {"kty": "RSA", "use": "enc", "kid": "second", "n": "AQAB", "e": "AQAB"}
            keys = [encrypts, {"kty": "new", "kid": "third"}, self.public_key()]
            return HTTPStatus.OK, {"keys": keys if self.keys is None else self.keys}
        return self._redeem(form)

    def public_key(self) -> Claims:
        return dict(self.key.as_dict(private=False))

    def _configuration(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def _redeem(self, form: dict[str, str]) -> tuple[HTTPStatus, Claims]:
        asked = self._asked.pop(form.get("code", ""), None)
        challenge = _base64(sha256(form.get("code_verifier", "").encode()).digest())
        proofs = (form.get("client_id"), form.get("client_secret"), form.get("redirect_uri"))
        if asked is None or challenge != asked["code_challenge"] or proofs != (CLIENT_ID, CLIENT_SECRET, REDIRECT_URI):
            return HTTPStatus.BAD_REQUEST, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        told = {name: value for name, value in (claims | self.person | self.change).items() if value is not None}
        return HTTPStatus.OK, {"token_type": "Bearer", "access_token": "x", "id_token": (self.sign or self.rs256)(told)}

    def rs256(self, claims: Claims) -> str:
        return jwt.encode({"alg": "RS256", "kid": "first"}, claims, self.key)

    def with_another_key(self, claims: Claims) -> str:
        return jwt.encode({"alg": "RS256", "kid": "first"}, claims, RSAKey.generate_key(2048))

    def hs256_with_the_public_key(self, claims: Claims) -> str:
        signed = f"{_encoded({'alg': 'HS256', 'kid': 'first'})}.{_encoded(claims)}"
        mac = hmac.new(self.key.as_pem(private=False), signed.encode(), sha256).digest()
        return f"{signed}.{_base64(mac)}"

    def unsigned(self, claims: Claims) -> str:
        return f"{_encoded({'alg': 'none'})}.{_encoded(claims)}."

    def no_token(self, _: Claims) -> str:
        return "none"


@contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider that listens until the block ends."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._reply(form | _client_of(self.headers.get("Authorization", "")))

        def _reply(self, form: dict[str, str]) -> None:
            status, document = provider.answer(urlsplit(self.path).path, form)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        yield provider
        server.shutdown()
        thread.join()


def _encoded(document: Claims) -> str:
    return _base64(json.dumps(document).encode())


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _client_of(authorization: str) -> dict[str, str]:
    """The content of a Basic header; each part was URL-quoted before (RFC 6749, 2.3.1)."""
    client_id, _, secret = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
    return {"client_id": unquote(client_id), "client_secret": unquote(secret)} if client_id else {}
