"""A real Caddy with the deployment's Caddyfile, in front of servers of a test's own."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx

from scripts.launcher.home import ROOT, free_port
from scripts.launcher.services import BIN
from tests.support.platform import wait_until

CADDYFILE = ROOT / "deploy" / "Caddyfile"
VERSION = '"as it was"'
UPSTREAMS = ("api:8000", "app:8050", "airflow:8080")


class Echo:
    """A server that tells what it was asked, and remembers it; its answers are always of the same version.

    It knows everybody but nobody.
    """

    def __init__(self, name: str) -> None:
        asked = self.asked = list[dict[str, Any]]()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length = len(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                told = {"name": name, "path": self.path, "headers": dict(self.headers), "length": length}
                asked.append(told)
                if "nobody's" in (self.headers.get("Authorization"), self.headers.get("Cookie")):
                    self.send_response(401)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                if self.headers.get("If-None-Match") == VERSION:
                    self.send_response(304)
                    self.end_headers()
                    return
                body = json.dumps(told | {"padding": " " * 2000}).encode()
                self.send_response(200)
                self.send_header("ETag", VERSION)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Keep the tests' output to the tests."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Proxy:
    """Where it answers, and what stands behind it."""

    folder: Path
    site_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    https_port: int = field(default_factory=free_port)
    airflow_port: int = field(default_factory=free_port)
    health_port: int = field(default_factory=free_port)
    echoes: dict[str, Echo] = field(default_factory=dict)

    @property
    def certificate(self) -> Path:
        """Of the authority that Caddy makes for a host nobody else vouches for."""
        return self.folder / "data" / "caddy" / "pki" / "authorities" / "local" / "root.crt"

    @property
    def log(self) -> str:
        return (self.folder / "caddy.log").read_text()

    def is_well(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.health_port}", trust_env=False).text == "well"
        except httpx.TransportError:
            return False


@contextmanager
def running_caddy(site: str, folder: Path, **upstreams: str) -> Iterator[Proxy]:
    """Caddy serving `site`, where {port} stands for `site_port`; what is not in `upstreams` is an Echo."""
    proxy = Proxy(folder)
    with ExitStack() as running:
        text = CADDYFILE.read_text()
        for upstream in UPSTREAMS:
            name = upstream.partition(":")[0]
            if name not in upstreams:
                proxy.echoes[name] = running.enter_context(Echo(name))
            address = upstreams.get(name) or proxy.echoes[name].address
            text = _instead(text, f" {upstream}", f" {address}")
        # Ports that are this machine's own, and every listener on its loopback.
        ports = f"http_port {proxy.http_port}\n\thttps_port {proxy.https_port}\n\tdefault_bind 127.0.0.1"
        text = _instead(text, "\tadmin off\n", f"\tadmin off\n\t{ports}\n")
        text = text.replace("127.0.0.1:8080", f"127.0.0.1:{proxy.airflow_port}")
        text = text.replace("localhost:8080", f"localhost:{proxy.airflow_port}")
        text = text.replace("127.0.0.1:2020", f"127.0.0.1:{proxy.health_port}")
        (folder / "Caddyfile").write_text(text)
        environment = {"SITE": site.format(port=proxy.site_port), "PATH": os.environ["PATH"], "HOME": str(folder)}
        environment |= {"XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config")}
        with (folder / "caddy.log").open("wb") as log:
            process = subprocess.Popen(
                [BIN / "caddy", "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"],
                env=environment,
                stdout=log,
                stderr=log,
            )
        try:
            wait_until(lambda: proxy.is_well() or process.poll() is not None, "Caddy answers", seconds=30)
            assert process.poll() is None, proxy.log
            yield proxy
        finally:
            process.terminate()
            process.wait(timeout=30)


def _instead(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the Caddyfile"
    return text.replace(old, new)
