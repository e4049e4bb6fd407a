# For GNU Make 3.81 (macOS) or later.
PORT ?= 8000
PYTEST_ARGS ?=
BENCH_ARGS ?=
DRILL_ARGS ?=
BIN := .venv/bin
DEVELOP := env DEBUG=on $(BIN)/python manage.py
PRODUCTION = env DEBUG=off SECRET_KEY=$(shell od -An -N40 -tx1 /dev/urandom | tr -d ' \n') SITE_URL=https://newsletter.example SMTP_HOST=mail.newsletter.example
TEMPLATES := find templates -name '*.html' -print0 | xargs -0

.PHONY: help run test quick bench drill drill-mail pictures check format lock venv

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

run: venv ## Run the site and the worker on http://127.0.0.1:8000 (PORT=8001 for another port)
	@exec $(DEVELOP) develop --port $(PORT)

test: check ## Check everything, then run all tests (PYTEST_ARGS="-k feed" for some of them)
	$(BIN)/pytest -n logical $(PYTEST_ARGS)

quick: venv ## Run the tests that need no browser, without the other checks
	$(BIN)/pytest -n logical -m "not browser" $(PYTEST_ARGS)

bench: venv ## Measure pages, feeds and the desk with 550 and 5,500 issues (BENCH_ARGS="--seconds 2")
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

drill: venv ## Rehearse faults, and count the requests of readers that fail (DRILL_ARGS="outages disk")
	$(BIN)/python -m drill $(DRILL_ARGS)

drill-mail: venv ## Kill workers while they send a mailing, and check that nobody is lost or gets it twice
	$(BIN)/python -m drill.mail $(DRILL_ARGS)

pictures: venv ## Take the pictures in docs/pictures again (needs a Chromium)
	$(BIN)/pytest -q tests/browser/pictures.py

check: venv ## Check style, types, migrations, templates, container files, deployment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(TEMPLATES) $(BIN)/djade --check
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	DEBUG=on $(BIN)/mypy .
	$(DEVELOP) makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

format: venv ## Format Python and templates
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(TEMPLATES) $(BIN)/djade

lock: ## Lock the dependencies again (needs uv); UPGRADE=--upgrade takes newer versions
	uv pip compile --universal --python-version 3.13 --generate-hashes $(UPGRADE) pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.13 --generate-hashes $(UPGRADE) pyproject.toml --group dev -o requirements-dev.txt

# Install only if the lock file has changed since the last time.
venv:
	@if ! cmp -s requirements-dev.txt .venv/installed.txt || ! $(BIN)/python -c '' 2>/dev/null; then $(INSTALL); fi

# Try each Python, because a python3.13 on the PATH may be a version manager's shim that fails.
define INSTALL
set -e; \
echo "Installing the locked packages into .venv …"; \
if command -v uv >/dev/null; then \
	$(BIN)/python -c '' 2>/dev/null || uv venv --quiet --clear --python 3.13 .venv; \
	uv pip install --quiet --python .venv --require-hashes -r requirements-dev.txt; \
else \
	if ! $(BIN)/python -c 'import pip' 2>/dev/null; then \
		for python in python3.13 python3 $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13*/bin/python3.13 ""; do \
			"$$python" -c 'import sys, ensurepip; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && break; \
		done; \
		if [ -z "$$python" ]; then \
			echo "Python 3.13 with venv is needed. Install uv, which includes it (https://docs.astral.sh/uv/), or the packages python3.13 and python3.13-venv (Debian 13) or python@3.13 (Homebrew)." >&2; \
			exit 1; \
		fi; \
		"$$python" -m venv --clear .venv; \
	fi; \
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements-dev.txt; \
fi; \
cp requirements-dev.txt .venv/installed.txt
endef
