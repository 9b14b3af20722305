# make demo and make test need nothing but Python 3.11 or newer.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --disable-pip-version-check --quiet
# A thread a worker, and a worker a core; each may hold a server and a browser.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4

.PHONY: demo test test-all check format lint types audit clean chromium

demo: $(VENV)/demo
	$(BIN)/python app.py

# Everything that proves that the product works, but for what takes long.
test: $(VENV)/dev chromium
	$(PYTEST) -m "not slow"

test-all: $(VENV)/dev chromium
	$(PYTEST)

check: format lint types test

format: $(VENV)/dev
	$(BIN)/ruff format .

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile

types: $(VENV)/dev
	$(BIN)/mypy

# Known weaknesses of what is installed; asks PyPI.
audit: $(VENV)/demo
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/pip install --disable-pip-version-check --quiet pip-audit
	$(VENV)/audit/bin/pip-audit --strict --requirement requirements.txt

clean:
	rm -rf $(VENV) *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/demo: requirements.txt pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed; set PYTHON=…')"
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

$(VENV)/dev: $(VENV)/demo
	$(PIP) --editable ".[dev]"
	touch $@

# The browser tests drive the Chromium of this machine; Debian and Ubuntu have it as a package.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	|| command -v google-chrome >/dev/null || { \
	  echo "Chromium is missing; installing it with apt-get."; \
	  command -v apt-get >/dev/null || { echo "Please install Chromium."; exit 1; }; \
	  if [ "$$(id -u)" = 0 ]; then SUDO=; else SUDO=sudo; fi; \
	  $$SUDO apt-get update -qq && $$SUDO env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -qq -y --no-install-recommends chromium >/dev/null; }
