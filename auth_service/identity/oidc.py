"""OpenID Connect, authorization code flow with PKCE: what we ask the configured provider, and when we believe it.

Authlib speaks the protocol and checks a token's claims; joserfc, by the same author, checks its signature. The
provider's metadata is cached for a while. Its keys are fetched at each sign-in: it may change them at any time.
"""

import logging
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import quote

import httpx2
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from cachetools import TTLCache, cached
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from auth_service.config import ApiSettings
from auth_service.errors import UnauthorizedError, UnavailableError
from auth_service.identity.schemas import read_email

log = logging.getLogger(__name__)

ALGORITHMS = ["RS256"]  # which every provider must offer; any other is rejected
CLOCKS_APART = 60  # seconds
LONGEST_SUBJECT = 255  # set by the standard
TIMEOUT = 5  # seconds, the longest between two packets
METADATA_KEPT = 300  # seconds
REFUSALS = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}  # of the code exchange
METADATA = {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"}
NOT_CONFIRMED = "{name} did not confirm this sign-in. Try again."
DOWN = "{name} is not responding, so you can't sign in through it. Try again in a moment."


@dataclass(frozen=True)
class Identity:
    """A person as the provider knows them: permanently by issuer and subject, currently by an address, if any."""

    issuer: str
    subject: str
    email: str | None


@dataclass(frozen=True)
class Secrets:
    """Secrets that identify one sign-in: on the way back, in the token, and when the code is redeemed."""

    state: str
    nonce: str
    code_verifier: str


def authorization_url(settings: ApiSettings, secrets: Secrets) -> str:
    """The provider's page to send the person to.

    Raises:
        UnavailableError: The provider doesn't give a valid answer.

    """
    with _client(settings) as client:
        endpoint = _kept_metadata(_Provider(settings, client))["authorization_endpoint"]
        url, _ = client.create_authorization_url(
            endpoint, state=secrets.state, nonce=secrets.nonce, code_verifier=secrets.code_verifier
        )
    return str(url)


def redeem(settings: ApiSettings, code: str, nonce: str, code_verifier: str) -> Identity:
    """Who signed in, given the provider's code.

    Raises:
        UnauthorizedError: The provider rejects the code, or its token is not valid.
        UnavailableError: The provider doesn't give a valid answer.

    """
    with _client(settings) as client:
        provider = _Provider(settings, client)
        claims = _believed(settings, provider.tokens(code, code_verifier), provider.keys(), nonce)
    if len(claims["sub"]) > LONGEST_SUBJECT or not claims["sub"].isprintable():
        raise UnauthorizedError(NOT_CONFIRMED.format(name=settings.oidc_name))
    return Identity(claims["iss"], claims["sub"], _email(claims.get("email")))


def _email(told: object) -> str | None:
    try:
        return read_email(told)
    except ValueError:
        return None


def _client(settings: ApiSettings) -> OAuth2Client:
    return OAuth2Client(
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        scope="openid email",
        redirect_uri=settings.oidc_redirect_uri,
        code_challenge_method="S256",
        timeout=TIMEOUT,
        follow_redirects=False,
    )


class _Provider:
    """A conversation with the provider. Invalid answers raise UnavailableError."""

    def __init__(self, settings: ApiSettings, client: OAuth2Client) -> None:
        self._settings = settings
        self._client = client
        client.compliance_hook["access_token_response"].add(httpx2.Response.raise_for_status)

    @property
    def issuer(self) -> str:
        return self._settings.oidc_issuer

    def metadata(self) -> dict[str, Any]:
        """The provider's addresses, fetched now."""
        metadata = self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        told = {name for name in METADATA if isinstance(metadata.get(name), str)}
        if told != METADATA or metadata["issuer"] != self.issuer:
            raise self._down(f"its metadata lack one of {sorted(METADATA)}, or spell OIDC_ISSUER otherwise")
        return metadata

    def tokens(self, code: str, code_verifier: str) -> dict[str, Any]:
        """The provider's answer to the code."""
        client, metadata = self._client, _kept_metadata(self)
        way = "client_secret_post"
        if way not in (metadata.get("token_endpoint_auth_methods_supported") or ()):
            way = "client_secret_basic"  # its parts must be quoted (RFC 6749, 2.3.1), which Authlib leaves to us
            client.client_id, client.client_secret = quote(client.client_id, ""), quote(client.client_secret, "")
        endpoint = metadata["token_endpoint"]
        try:
            told: dict[str, Any] = client.fetch_token(
                endpoint, code=code, code_verifier=code_verifier, auth=client.client_auth(way)
            )
        except OAuthError as refusal:
            raise self._refusal(str(refusal)) from refusal
        except httpx2.HTTPStatusError as failure:
            if failure.response.status_code in REFUSALS:
                raise self._refusal(failure.response.text) from failure
            raise self._down(f"{endpoint} answered {failure.response.status_code}") from failure
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as failure:
            raise self._down(f"{endpoint}: {type(failure).__name__}") from failure
        return told

    def keys(self) -> KeySet:
        """Public keys that may sign; leaves out others, symmetric ones above all, and anything that is no key."""
        published = self._get(_kept_metadata(self)["jwks_uri"]).get("keys")
        keys = [key for key in published if isinstance(key, dict)] if isinstance(published, list) else []
        signing = [key for key in keys if key.get("kty") == "RSA" and key.get("use", "sig") == "sig"]
        return KeySet([key for key in map(_imported, signing) if key])

    def _get(self, url: str) -> dict[str, Any]:
        try:
            document = self._client.request("GET", url, withhold_token=True).raise_for_status().json()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as failure:
            raise self._down(": ".join((url, str(failure).partition("\n")[0]))) from failure
        if not isinstance(document, dict):
            raise self._down(f"{url} answered without a JSON object")
        return document

    def _refusal(self, reason: str) -> UnauthorizedError:
        log.warning("The provider refused a code: %.200s", reason)
        return UnauthorizedError(NOT_CONFIRMED.format(name=self._settings.oidc_name))

    def _down(self, reason: str) -> UnavailableError:
        log.warning("The provider is unavailable: %s", reason)
        return UnavailableError(DOWN.format(name=self._settings.oidc_name), retry_after=30)


@cached(TTLCache(maxsize=1, ttl=METADATA_KEPT), key=lambda provider: provider.issuer, lock=Lock())
def _kept_metadata(provider: _Provider) -> dict[str, Any]:
    """The same, cached for a while."""
    return provider.metadata()


def _imported(key: dict[str, Any]) -> RSAKey | None:
    """The key; None if it is malformed, because another may be the one that signs."""
    try:
        return RSAKey.import_key(key)
    except (JoseError, ValueError) as fault:
        log.warning("The provider's key %.200r is not valid and was ignored: %s", key.get("kid"), fault)
        return None


def _believed(settings: ApiSettings, told: dict[str, Any], keys: KeySet, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that the provider has signed for us, just now, for this very sign-in."""
    client_id = settings.oidc_client_id
    wanted = {
        "iss": {"essential": True, "value": settings.oidc_issuer},
        "aud": {"essential": True, "value": client_id},
        "sub": {"essential": True},
        "exp": {"essential": True},
        "iat": {"essential": True},
        "nonce": {"essential": True, "value": nonce},
    }
    sign_in = {"client_id": client_id, "nonce": nonce, "access_token": told.get("access_token")}
    try:
        token = jwt.decode(str(told.get("id_token", "")), keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(token.claims, token.header, wanted, sign_in)
        claims.validate(leeway=CLOCKS_APART)
    except (JoseError, ValueError) as refusal:
        log.warning("The provider's token is not valid: %s", refusal)
        raise UnauthorizedError(NOT_CONFIRMED.format(name=settings.oidc_name)) from refusal
    return token.claims
