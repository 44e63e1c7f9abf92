# One file for every image: `EXTRA` names the dependency group of pyproject.toml that the service needs.

FROM python:3.13-slim AS base
ARG EXTRA
ENV PYTHONUNBUFFERED=1 PYTHONPATH=/app PATH=/opt/venv/bin:$PATH
WORKDIR /app

FROM base AS environment
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv
COPY pyproject.toml requirements.lock ./
# The lock constrains versions and hashes; pyproject.toml says which of them this image installs.
RUN uv venv /opt/venv \
    && uv pip install --python /opt/venv/bin/python --compile-bytecode --no-cache \
        --requirement pyproject.toml --extra "$EXTRA" --constraint requirements.lock

FROM base
RUN useradd --uid 10001 --create-home macrofolio && install -d -o macrofolio /var/lib/macrofolio
COPY --from=environment /opt/venv /opt/venv
COPY . .
USER macrofolio
