"""The Dash app that people look at; everything it knows, it asks of the HTTP API."""
