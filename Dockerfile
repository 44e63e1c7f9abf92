# One file for every image. Of `service`, `EXTRA` names the dependency group of pyproject.toml that it needs.

FROM python:3.13.16-slim-trixie AS base
ENV PYTHONUNBUFFERED=1 PYTHONPATH=/app PATH=/opt/venv/bin:$PATH
# The image of Python comes without bytecode, and nothing can write it later: each process would compile anew.
RUN python -c "import compileall, sysconfig; compileall.compile_dir(sysconfig.get_path('stdlib'), quiet=1)"
WORKDIR /app

FROM base AS environment
ARG EXTRA
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv
COPY pyproject.toml requirements.lock ./
# The lock constrains versions and hashes; pyproject.toml says which of them this image installs.
RUN --mount=type=cache,target=/root/.cache/uv \
    uv venv /opt/venv \
    && uv pip install --python /opt/venv/bin/python --link-mode copy --compile-bytecode \
        --requirement pyproject.toml --extra "$EXTRA" --constraint requirements.lock

# Certificates are kept in /var/lib/caddy; nothing else is written.
FROM caddy:2.11.7-alpine AS proxy
ENV XDG_DATA_HOME=/var/lib/caddy XDG_CONFIG_HOME=/tmp
RUN install -d -o 10001 -g 10001 /var/lib/caddy
COPY deploy/Caddyfile /etc/caddy/Caddyfile
USER 10001:10001

FROM base AS service
RUN useradd --uid 10001 --create-home macrofolio && install -d -o macrofolio -g macrofolio /var/lib/macrofolio
COPY --from=environment /opt/venv /opt/venv
COPY auth_service auth_service
COPY backup backup
COPY dags dags
COPY dashboard dashboard
COPY dbt dbt
COPY ingestion ingestion
COPY migrations migrations
RUN python -m compileall -q /app
USER 10001:10001
