"""The application: settings, database, tokens, views, and what applies to every answer."""

from apiflask import APIFlask
from flask import Response, request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from werkzeug.middleware.proxy_fix import ProxyFix

from auth_service.config import ApiSettings, settings_from_environment
from auth_service.figures import cash_views, provenance_views
from auth_service.figures import views as figure_views
from auth_service.figures.answer_cache import Documents
from auth_service.http import databases, docs, health, metrics, openapi, request_log
from auth_service.http.errors import broken_body, register_error_handlers
from auth_service.http.strict_json import StrictJson
from auth_service.http.strict_request import StrictRequest
from auth_service.identity import oidc_views, token_views
from auth_service.identity import views as identity_views
from auth_service.identity.tokens import configure_tokens
from auth_service.ledger import account_views, transfer_views
from auth_service.ledger import views as ledger_views
from auth_service.ledger.imports.turns import Turns

VIEWS = (
    health,
    *(identity_views, oidc_views, token_views),
    *(ledger_views, account_views, transfer_views),
    *(figure_views, cash_views, provenance_views),
    docs,
)
VERSION = "0.1.0"  # the project's; a test keeps it equal to pyproject.toml
LONGEST_REST = 16 * 1024 * 1024  # bytes
JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"
# Swagger UI sets style attributes and carries its icons as data.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
BEARER = "The access token of a session (POST /auth/login), or a personal access token (POST /auth/tokens)."


class Api(APIFlask):
    """APIFlask with our own parsing of JSON and bodies."""

    json_provider_class = StrictJson
    request_class = StrictRequest


def create_app(settings: ApiSettings | None = None) -> APIFlask:
    """The WSGI application; settings come from the environment unless given."""
    settings = settings or settings_from_environment()
    request_log.configure()
    app = Api(
        __name__,
        title="Macrofolio",
        version=VERSION,
        docs_path=None,
        template_folder="http/templates",
        static_folder="http/static",
    )
    app.config.update(
        MAX_CONTENT_LENGTH=settings.request_body_limit,
        TRUSTED_HOSTS=settings.trusted_hosts,
        OPENAPI_VERSION="3.0.3",
        AUTO_SERVERS=False,
        AUTO_OPERATION_ID=True,
        SECURITY_SCHEMES={"bearer": {"type": "http", "scheme": "bearer", "description": BEARER}},
        AUTO_AUTH_ERROR_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_404_RESPONSE=False,
        HTTP_ERROR_SCHEMA={},
    )
    app.url_map.merge_slashes = False  # a path has one spelling, and nothing is answered with a redirect
    app.extensions["settings"] = settings
    app.extensions["documents"] = Documents(settings.api_documents_size)
    app.extensions["imports"] = Turns(settings.api_imports, settings.api_imports_of_one)
    databases.connect(app, settings)
    configure_tokens(app, settings)
    register_error_handlers(app)
    for views in VIEWS:
        app.register_blueprint(views.bp)
    app.spec_processor(lambda document: openapi.complete(transfer_views.describe_files(document), app))
    metrics.measure(app, 2 * settings.api_connections)
    app.before_request(request_log.begin)
    app.teardown_request(request_log.end)
    app.after_request(_protect)
    app.after_request(request_log.finish)
    app.after_request(_read_the_rest)  # the first of them
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def _read_the_rest(response: Response) -> Response:
    """Read what a refused request still sends, within limits, so that its connection can be reused."""
    stream, left = request.environ["wsgi.input"], LONGEST_REST
    try:
        while left > 0 and (chunk := stream.read(min(left, 65536))):
            left -= len(chunk)
    except OSError:  # it sends no more
        return response
    except ParseException:
        return broken_body()
    return response


def _protect(response: Response) -> Response:
    """Set the headers that apply to every route."""
    is_docs = request.path.startswith("/docs")
    response.headers["Content-Security-Policy"] = DOCS_POLICY if is_docs else JSON_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response
