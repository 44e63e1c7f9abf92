"""What every answer tells the browser it must not do."""

import dash
from flask import Response, request

CACHEABLE = ("/assets/", "/_dash-component-suites/")  # public code and styles, nothing about anyone


def add_security_headers(app: dash.Dash) -> None:
    """No foreign code, no inline script that is not Dash's own, no framing, nothing personal in any cache."""

    def add(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _content_security_policy(app)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "same-origin"
        if not request.path.startswith(CACHEABLE):
            response.headers["Cache-Control"] = "no-store"
        return response

    app.server.after_request(add)


def _content_security_policy(app: dash.Dash) -> str:
    """Dash adds its inline scripts late, with the first request: their hashes are taken when they are needed.

    Styles must be allowed inline: plotly.js writes its rules into a style element of its own.
    """
    scripts = " ".join(sorted(set(app.csp_hashes())))
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
