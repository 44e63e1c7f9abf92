"""How the API is served: a few processes with threads, on the loopback unless told otherwise."""

from gunicorn.glogging import Logger

from auth_service import request_log
from auth_service.config import ApiSettings

_settings = ApiSettings()

bind = f"{_settings.api_host}:{_settings.api_port}"
workers = _settings.api_workers
worker_class = "gthread"
threads = _settings.api_threads
timeout = 90  # a first purchase of a ticker waits for its provider
graceful_timeout = 20
keepalive = 5
limit_request_line = 8190
forwarded_allow_ips = ""  # whom to believe is TRUSTED_PROXIES' business alone
accesslog = None  # the application logs each request itself, without secrets
errorlog = "-"
control_socket_disable = True


class JsonLog(Logger):  # type: ignore[misc]
    """gunicorn's own lines, in the form of all others."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        request_log.configure()
        self.error_log.handlers.clear()
        self.error_log.propagate = True


logger_class = JsonLog
