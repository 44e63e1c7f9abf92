"""What every answer forbids the browser to do."""

import dash
from flask import Response, request

CACHEABLE = ("/assets/", "/_dash-component-suites/")  # public code and styles, nothing about anyone


def add_security_headers(app: dash.Dash) -> None:
    """No foreign code, no inline scripts but Dash's own, no framing, nothing personal in any cache."""

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
    """Dash adds its inline scripts late, with the first request, so their hashes are computed on demand.

    Inline styles must be allowed: plotly.js writes its rules into its own style element.
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
