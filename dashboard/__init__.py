"""The Dash app: everything it knows comes from the HTTP API."""
