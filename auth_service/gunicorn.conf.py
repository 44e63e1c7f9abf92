"""How the API is served: a few processes with threads, on the loopback unless told otherwise."""

from uuid import uuid4

from auth_service.config import ApiSettings

_settings = ApiSettings()

bind = f"{_settings.api_host}:{_settings.api_port}"
workers = _settings.api_workers
raw_env = [f"API_STARTED={uuid4().hex}"]
worker_class = "gthread"
threads = _settings.api_threads
timeout = 90  # a first purchase of a ticker waits for its provider
graceful_timeout = 20
keepalive = 5
limit_request_line = 8190
accesslog = None  # the application logs each request itself, without secrets
errorlog = "-"
control_socket_disable = True
