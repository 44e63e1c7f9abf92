"""OpenID Connect, authorization code flow with PKCE: what is asked of the one configured provider, and believed.

Everything is asked anew at each sign-in: signing in is rare, and so a provider may change its keys at any time.
"""

import logging
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from auth_service.config import ApiSettings
from auth_service.errors import InvalidRequestError, UnauthorizedError, UnavailableError
from auth_service.schemas.identity import read_email

log = logging.getLogger(__name__)

ALGORITHMS = ["RS256"]  # which every provider has to offer; anything else in a token's header is refused
CLOCKS_APART = 60  # seconds
LONGEST_SUBJECT = 255  # as the standard has it
TIMEOUT = httpx.Timeout(5)
METADATA = {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"}
NOT_CONFIRMED = "{name} did not confirm this sign-in. Begin again."
DOWN = "{name} cannot be asked right now, so nobody can sign in through it. Try again in a moment."
NO_EMAIL = (
    "{name} did not give your e-mail address, which an account here is named by. Allow it there, and begin again."
)


@dataclass(frozen=True)
class Identity:
    """Somebody as the provider knows them: for ever the same by issuer and subject, and today by an address."""

    issuer: str
    subject: str
    email: str


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
        endpoint = str(_Provider(settings, http).metadata["authorization_endpoint"])
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(question)}"


def redeem(settings: ApiSettings, code: str, nonce: str, code_verifier: str) -> Identity:
    """Who signed in, for the code that the provider gave them.

    Raises:
        UnauthorizedError: The provider does not know the code, or its token is not to be believed.
        InvalidRequestError: The provider did not say the person's e-mail address.
        UnavailableError: The provider does not answer as one.

    """
    with httpx.Client(timeout=TIMEOUT) as http:
        provider = _Provider(settings, http)
        claims = _believed(settings, provider.id_token(code, code_verifier), provider.keys(), nonce)
    if len(claims["sub"]) > LONGEST_SUBJECT:
        raise UnauthorizedError(NOT_CONFIRMED.format(name=settings.oidc_name))
    try:
        email = read_email(claims.get("email"))
    except ValueError:
        raise InvalidRequestError(NO_EMAIL.format(name=settings.oidc_name)) from None
    return Identity(claims["iss"], claims["sub"], email)


class _Provider:
    """A conversation with the provider. What is no answer of a provider's is an UnavailableError."""

    def __init__(self, settings: ApiSettings, http: httpx.Client) -> None:
        self._settings = settings
        self._http = http
        self.metadata = self._get(f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration")
        told = {name for name in METADATA if isinstance(self.metadata.get(name), str)}
        if told != set(METADATA) or self.metadata["issuer"] != settings.oidc_issuer:
            raise self._down(f"its metadata lack one of {sorted(METADATA)}, or spell OIDC_ISSUER otherwise")

    def id_token(self, code: str, code_verifier: str) -> str:
        secret = self._settings.oidc_client_secret.get_secret_value()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.oidc_redirect_uri,
            "code_verifier": code_verifier,
        }
        client_id = self._settings.oidc_client_id
        if "client_secret_post" in (self.metadata.get("token_endpoint_auth_methods_supported") or ()):
            form |= {"client_id": client_id, "client_secret": secret}
            answer = self._ask("POST", self.metadata["token_endpoint"], data=form)
        else:
            basic = httpx.BasicAuth(quote(client_id, safe=""), quote(secret, safe=""))
            answer = self._ask("POST", self.metadata["token_endpoint"], data=form, auth=basic)
        if answer.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            log.warning("The provider refused a code with status %s: %.200s", answer.status_code, answer.text)
            raise UnauthorizedError(NOT_CONFIRMED.format(name=self._settings.oidc_name))
        return str(self._document(answer).get("id_token", ""))

    def keys(self) -> list[dict[str, Any]]:
        """Public keys that may sign; others, symmetric ones above all, are left out."""
        published = self._get(self.metadata["jwks_uri"]).get("keys")
        keys = [key for key in published if isinstance(key, dict)] if isinstance(published, list) else []
        return [key for key in keys if key.get("kty") == "RSA" and key.get("use", "sig") == "sig"]

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


def _believed(settings: ApiSettings, id_token: str, keys: list[dict[str, Any]], nonce: str) -> dict[str, Any]:
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
        token = jwt.decode(id_token, KeySet.import_key_set({"keys": keys}), algorithms=ALGORITHMS)
        claims.validate(token.claims)
    except (JoseError, ValueError) as refusal:
        log.warning("The provider's token is not to be believed: %s", refusal)
        raise UnauthorizedError(NOT_CONFIRMED.format(name=settings.oidc_name)) from refusal
    return token.claims
