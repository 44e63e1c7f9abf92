"""One process, so that all requests share the sessions it keeps in memory; threads, as it mostly waits for the API."""

import os

bind = f"{os.environ.get('DASHBOARD_HOST', '127.0.0.1')}:{os.environ.get('DASHBOARD_PORT', '8050')}"
workers = 1
worker_class = "gthread"
threads = 16
timeout = 60
graceful_timeout = 10
control_socket_disable = True
