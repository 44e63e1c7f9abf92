"""OpenID Connect, authorization code flow with PKCE: what is asked of the one configured provider, and believed.

Where the provider answers is kept for a while. Its keys are asked anew at each sign-in: it may change them at any time.
"""

import logging
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from cachetools import TTLCache, cached
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from auth_service.config import ApiSettings
from auth_service.errors import UnauthorizedError, UnavailableError
from auth_service.identity.schemas import read_email

log = logging.getLogger(__name__)

ALGORITHMS = ["RS256"]  # which every provider has to offer; anything else in a token's header is refused
CLOCKS_APART = 60  # seconds
LONGEST_SUBJECT = 255  # as the standard has it
TIMEOUT = httpx.Timeout(5)
METADATA_KEPT = 300  # seconds
METADATA = {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"}
NOT_CONFIRMED = "{name} did not confirm this sign-in. Begin again."
DOWN = "{name} is not responding, so you can't sign in through it. Try again in a moment."


@dataclass(frozen=True)
class Identity:
    """Somebody as the provider knows them: for ever the same by issuer and subject, and today by an address, if any."""

    issuer: str
    subject: str
    email: str | None


@dataclass(frozen=True)
class Secrets:
    """What one sign-in is recognised by: on the way back, in the token, and when the code is redeemed."""

    state: str
    nonce: str
    code_verifier: str


def authorization_url(settings: ApiSettings, secrets: Secrets) -> str:
    """Where the provider asks the person.

    Raises:
        UnavailableError: The provider does not answer as one.

    """
    challenge = urlsafe_b64encode(sha256(secrets.code_verifier.encode()).digest()).rstrip(b"=").decode()
    question = {
        "response_type": "code",
        "scope": "openid email",
        "client_id": settings.oidc_client_id,
        "redirect_uri": settings.oidc_redirect_uri,
        "state": secrets.state,
        "nonce": secrets.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    with httpx.Client(timeout=TIMEOUT) as http:
        endpoint = _kept_metadata(_Provider(settings, http))["authorization_endpoint"]
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(question)}"


def redeem(settings: ApiSettings, code: str, nonce: str, code_verifier: str) -> Identity:
    """Who signed in, for the code that the provider gave them.

    Raises:
        UnauthorizedError: The provider does not know the code, or its token is not to be believed.
        UnavailableError: The provider does not answer as one.

    """
    with httpx.Client(timeout=TIMEOUT) as http:
        provider = _Provider(settings, http)
        claims = _believed(settings, provider.id_token(code, code_verifier), provider.keys(), nonce)
    if len(claims["sub"]) > LONGEST_SUBJECT or not claims["sub"].isprintable():
        raise UnauthorizedError(NOT_CONFIRMED.format(name=settings.oidc_name))
    return Identity(claims["iss"], claims["sub"], _email(claims.get("email")))


def _email(told: object) -> str | None:
    try:
        return read_email(told)
    except ValueError:
        return None


class _Provider:
    """A conversation with the provider. What is no answer of a provider's is an UnavailableError."""

    def __init__(self, settings: ApiSettings, http: httpx.Client) -> None:
        self._settings = settings
        self._http = http

    @property
    def issuer(self) -> str:
        return self._settings.oidc_issuer

    def metadata(self) -> dict[str, Any]:
        """Where it answers, asked anew."""
        metadata = self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        told = {name for name in METADATA if isinstance(metadata.get(name), str)}
        if told != METADATA or metadata["issuer"] != self.issuer:
            raise self._down(f"its metadata lack one of {sorted(METADATA)}, or spell OIDC_ISSUER otherwise")
        return metadata

    def id_token(self, code: str, code_verifier: str) -> str:
        secret = self._settings.oidc_client_secret.get_secret_value()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.oidc_redirect_uri,
            "code_verifier": code_verifier,
        }
        client_id, metadata = self._settings.oidc_client_id, _kept_metadata(self)
        if "client_secret_post" in (metadata.get("token_endpoint_auth_methods_supported") or ()):
            form |= {"client_id": client_id, "client_secret": secret}
            answer = self._ask("POST", metadata["token_endpoint"], data=form)
        else:
            basic = httpx.BasicAuth(quote(client_id, safe=""), quote(secret, safe=""))
            answer = self._ask("POST", metadata["token_endpoint"], data=form, auth=basic)
        if answer.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            log.warning("The provider refused a code with status %s: %.200s", answer.status_code, answer.text)
            raise UnauthorizedError(NOT_CONFIRMED.format(name=self._settings.oidc_name))
        return str(self._document(answer).get("id_token", ""))

    def keys(self) -> KeySet:
        """Public keys that may sign; others, symmetric ones above all, are left out, and so is what is no key."""
        published = self._get(_kept_metadata(self)["jwks_uri"]).get("keys")
        keys = [key for key in published if isinstance(key, dict)] if isinstance(published, list) else []
        signing = [key for key in keys if key.get("kty") == "RSA" and key.get("use", "sig") == "sig"]
        return KeySet([key for key in map(_imported, signing) if key])

    def _get(self, url: str) -> dict[str, Any]:
        return self._document(self._ask("GET", url))

    def _ask(self, method: str, url: str, **request: Any) -> httpx.Response:
        try:
            return self._http.request(method, url, **request)
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            raise self._down(f"{url}: {type(failure).__name__}") from failure

    def _document(self, answer: httpx.Response) -> dict[str, Any]:
        try:
            document = answer.json() if answer.is_success else None
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise self._down(f"{answer.url} answered {answer.status_code} without a JSON object")
        return document

    def _down(self, reason: str) -> UnavailableError:
        log.warning("The provider cannot be asked: %s", reason)
        return UnavailableError(DOWN.format(name=self._settings.oidc_name), retry_after=30)


@cached(TTLCache(maxsize=1, ttl=METADATA_KEPT), key=lambda provider: provider.issuer, lock=Lock())
def _kept_metadata(provider: _Provider) -> dict[str, Any]:
    """The same, for a while without asking."""
    return provider.metadata()


def _imported(key: dict[str, Any]) -> RSAKey | None:
    """The key; None where it is malformed, because another may be the one that signs."""
    try:
        return RSAKey.import_key(key)
    except (JoseError, ValueError) as fault:
        log.warning("The provider's key %.200r cannot be read, and is left out: %s", key.get("kid"), fault)
        return None


def _believed(settings: ApiSettings, id_token: str, keys: KeySet, nonce: str) -> dict[str, Any]:
    """The claims of a token that the provider has signed for us, now, and for this very sign-in."""
    claims = jwt.JWTClaimsRegistry(
        leeway=CLOCKS_APART,
        iss={"essential": True, "value": settings.oidc_issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        azp={"value": settings.oidc_client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
        claims.validate(token.claims)
    except (JoseError, ValueError) as refusal:
        log.warning("The provider's token is not to be believed: %s", refusal)
        raise UnauthorizedError(NOT_CONFIRMED.format(name=settings.oidc_name)) from refusal
    return token.claims
