# make demo and make test need nothing but Python 3.11 or newer.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check format lint types unit audit clean

demo: $(VENV)/demo
	$(BIN)/python app.py

test: $(VENV)/dev chromium
	$(BIN)/python -m pytest

check: $(VENV)/dev format lint types test

format: $(VENV)/dev
	$(BIN)/ruff format .

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile

types: $(VENV)/dev
	$(BIN)/mypy

unit: $(VENV)/dev
	$(BIN)/python -m pytest tests/unit

# Known weaknesses of what is installed; asks PyPI.
audit: $(VENV)/demo
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/pip install --disable-pip-version-check --quiet pip-audit
	$(VENV)/audit/bin/pip-audit --strict --requirement requirements.txt

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/demo: requirements.txt
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed; set PYTHON=…')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --quiet -r requirements.txt
	touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/demo
	$(BIN)/pip install --disable-pip-version-check --quiet -r requirements-dev.txt
	touch $@

# The browser tests drive the Chromium of this machine; Debian and Ubuntu have it as a package.
.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	|| command -v google-chrome >/dev/null || { \
	  echo "Chromium is missing; installing it with apt-get."; \
	  command -v apt-get >/dev/null || { echo "Please install Chromium."; exit 1; }; \
	  if [ "$$(id -u)" = 0 ]; then SUDO=; else SUDO=sudo; fi; \
	  $$SUDO apt-get update -qq && $$SUDO env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -qq -y --no-install-recommends chromium >/dev/null; }
