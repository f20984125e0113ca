# Two commands for a fresh machine: `make demo` and `make test`. Everything else is for those who change the project.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
WORKERS ?= 3
SECONDS ?= 3600
unexport PYTHONDONTWRITEBYTECODE # hundreds of processes start in the tests: none compiles again what it imports

.PHONY: demo test heavy bench fuzz check format lint types contracts docs docs-check lock clean

demo: $(VENV)/.core ## See the main job on the embedded store
	@PATH="$(abspath $(BIN)):$$PATH" sh scripts/demo.sh

test: $(VENV)/.dev ## The tests: nothing but Python, about four minutes on two cores
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

heavy: $(VENV)/.dev ## The tests that need PostgreSQL, Prometheus, Chromium and strace from Debian's packages, or minutes: about fifteen
	EXAMPLES=all $(BIN)/pytest -n $(WORKERS) --dist worksteal -m "heavy or property"

bench: $(VENV)/.bench ## Measure beside the peers, about half an hour; writes benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

fuzz: $(VENV)/.fuzz ## Fuzz the normalizer for SECONDS (3600), with the two fuzzers side by side
	$(BIN)/python fuzz/mutate.py --seconds $(SECONDS) --seed 1 & \
		$(BIN)/python fuzz/normalize.py -max_total_time=$(SECONDS) -max_len=100000; status=$$?; wait $$! && exit $$status

check: format lint types contracts test docs-check ## What every change passes

format: $(VENV)/.dev
	$(BIN)/ruff format --check .

lint: $(VENV)/.dev
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports --no-cache

docs: $(VENV)/.dev ## Write the generated pages of docs/ anew
	$(BIN)/python scripts/generate_docs.py

docs-check: $(VENV)/.dev
	$(BIN)/python scripts/generate_docs.py --check

lock: $(VENV)/.dev ## Choose the newest allowed versions and pin them with hashes
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --extra build --extra gateway --extra postgres --extra dev pyproject.toml --output-file requirements-dev.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --extra build --constraints requirements-dev.lock pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --extra bench --constraints requirements-dev.lock pyproject.toml \
		--output-file requirements-bench.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --extra fuzz --constraints requirements-dev.lock pyproject.toml \
		--output-file requirements-fuzz.lock

clean:
	rm -rf $(VENV) .demo

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "rollout needs Python 3.11 or newer; name one: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.bench: requirements-bench.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements-bench.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.fuzz: requirements-fuzz.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements-fuzz.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
