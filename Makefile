# Macrofolio: `make demo` needs Python 3.11 to 3.13 and nothing else. `make help` lists the commands.

.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo $$p; break; }; done)
RUN := PYTHONDONTWRITEBYTECODE= .venv/bin/python
INSTALLED := .venv/.installed
# Of pytest: one more than cores, as many tests wait; each has a PostgreSQL of its own and up to 1 GB of memory.
PROCESSES := --numprocesses $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )) --maxprocesses 4

# The environment does not say whether Python writes bytecode: importing dbt without costs every process two seconds.
unexport PYTHONDONTWRITEBYTECODE
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy

.PHONY: demo up down status logs reset admin backup restore env test test-quick coverage check audit format payloads bench docs lock help

demo: $(INSTALLED)  ## The whole platform with thirteen years of sample trades: no key, no network
	@$(RUN) -m scripts.launcher.stack demo

up: $(INSTALLED)  ## The whole platform with live data (Yahoo, FRED) and an empty ledger
	@$(RUN) -m scripts.launcher.stack up

down: $(INSTALLED)  ## Stop it; the data stays
	@$(RUN) -m scripts.launcher.stack down

status: $(INSTALLED)  ## Say what runs, and where
	@$(RUN) -m scripts.launcher.stack status

logs: $(INSTALLED)  ## Follow the logs
	@$(RUN) -m scripts.launcher.stack logs

reset: $(INSTALLED)  ## Stop it and forget everything, after asking (YES=1 doesn't ask)
	@$(RUN) -m scripts.launcher.stack reset

admin: $(INSTALLED)  ## Manage accounts and registration of a running stack: make admin ARGS="create-user ada@example.org"
	@$(RUN) -m scripts.launcher.stack admin $(ARGS)

confirm: $(INSTALLED)  ## Load a dividend or split that waits in quarantine: make confirm ARGS="BRK-B 2024-01-31"
	@$(RUN) -m scripts.launcher.stack confirm $(ARGS)

backup: $(INSTALLED)  ## Back the database up, to .macrofolio-backups or BACKUP_FOLDER
	@$(RUN) -m scripts.launcher.stack backup

restore: $(INSTALLED)  ## Restore a backup into a stopped stack: make restore FILE=… (REPLACE=1: over what is there)
	@FILE="$(FILE)" REPLACE="$(REPLACE)" $(RUN) -m scripts.launcher.stack restore

env:  ## Make .env and secrets/ for docker compose; for a public host: make env ARGS="--host portfolio.example.org"
	@$(PYTHON) -m scripts.env $(ARGS)

test: $(INSTALLED)  ## Run every test, on databases and ports of its own, in several processes
	@$(RUN) -m pytest $(PROCESSES) $(ARGS)

test-quick: $(INSTALLED)  ## Run the tests that need neither the whole platform nor a browser, and are quick
	@$(RUN) -m pytest $(PROCESSES) -m "not slow" $(ARGS)

coverage: $(INSTALLED)  ## Run every test and say which lines ran, services included; htmlcov/ shows them
	@.venv/bin/coverage erase
	@PYTHONDONTWRITEBYTECODE= .venv/bin/coverage run -m pytest $(PROCESSES) $(ARGS)
	@.venv/bin/coverage combine --quiet
	@.venv/bin/coverage html --quiet
	@.venv/bin/coverage report

check: $(INSTALLED)  ## Lint and types: every hook of .pre-commit-config.yaml on every file
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "make check lists the files by git: clone the repository, or git init here."; exit 1; }
	@.venv/bin/pre-commit run --files $$(git ls-files --cached --others --exclude-standard)

audit: $(INSTALLED)  ## Known vulnerabilities of everything in requirements.lock
	@$(RUN) -m scripts.ci.audit

format: $(INSTALLED)  ## Put the code into the house's form
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

payloads: $(INSTALLED)  ## Write the types that the dashboard has of the API's answers, after a schema has changed
	@$(RUN) -m scripts.payloads

bench: $(INSTALLED)  ## Measure what is promised
	@$(RUN) -m scripts.bench

docs: $(INSTALLED)  ## Build the documentation into site/, and stop at any dead link
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict
	@echo "Built: open site/index.html"

lock:  ## Resolve the dependencies again and lock them with hashes
	uv pip compile pyproject.toml --all-extras --universal --generate-hashes --output-file requirements.lock

.venv: $(INSTALLED)  ## Only install

$(INSTALLED): requirements.lock
	@test -n "$(PYTHON)" || { echo "Macrofolio needs Python 3.11, 3.12 or 3.13: install one, or name it with PYTHON=…"; exit 1; }
	@echo "Installing the locked environment into .venv (about a minute, 1.3 GB) …"
	@uv=$$(command -v uv) || { $(PYTHON) -m pip install --quiet --target .venv-uv uv && uv=.venv-uv/bin/uv; } \
		&& $$uv venv --quiet --clear --python "$$(command -v $(PYTHON))" .venv \
		&& $$uv pip install --quiet --python .venv/bin/python --require-hashes --requirement requirements.lock
	@touch $@

help:
	@sed -n 's/^\([a-z.-]*\):.*##  */\1 /p' $(MAKEFILE_LIST) | while read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done
