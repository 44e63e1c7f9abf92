"""The API's page for people: Swagger UI, served entirely from here."""

from flask import Blueprint, Response, render_template, send_from_directory
from swagger_ui_bundle import swagger_ui_path  # type: ignore[import-untyped]

bp = Blueprint("docs", __name__, url_prefix="/docs")

ASSETS = {"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"}


@bp.get("")
def page() -> str:
    """The page itself, HTML."""
    return render_template("docs.html")


@bp.get("/<any(" + ", ".join(f"'{name}'" for name in sorted(ASSETS)) + "):name>")
def asset(name: str) -> Response:
    """One of the page's files."""
    return send_from_directory(str(swagger_ui_path), name)
