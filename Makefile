# make serve   set up what is missing, then serve the product on http://127.0.0.1:8000
# make test    set up what is missing, then run the whole suite
# make chaos   kill, freeze and cut the whole product for MINUTES=5, then prove that it held
# make bench   measure speed beside bare relays; BENCH="--only g1 --record" says what, and keeps it
# make bench-peers   the same beside LiteLLM and Chainlit, each installed in an environment of its own
# make bench-pages   what the pages cost a browser; BENCH="--seconds 60" says how long it streams
# make soak    use the product for MINUTES=5 in every way at once, and say whether memory grows
# make check   format, lint, types, imports between layers, generated documents, front end, and
#              whether a dependency has a known weakness
# make docs    write the generated documents anew
# make lock    write the lock files anew from pyproject.toml
# Needs Python 3.11 or newer (PYTHON=python3.12 names another one), make, and the package registries.

SHELL := /bin/sh
PYTHON ?= python3
UV_VERSION := 0.13.8
# As many as cores: with more, tests of what happens when a process stands still see it stand still.
WORKERS := 2
# Arguments of the benchmark stand in BENCH: make bench BENCH="--only g1,g4 --times 1"
# Further arguments of the fault rig stand in CHAOS: make chaos MINUTES=20 CHAOS="--seed 7"
MINUTES ?= 5
# Images for containers set it. The suite starts some hundred processes: none should compile again.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet

# The copy of a lock file inside the environment is the stamp of having installed it, whole.
INSTALLED := $(VENV)/requirements.lock
INSTALLED_DEV := $(VENV)/requirements-dev.lock

# What tests take for Amazon's services. It cannot share an environment with what the product pins.
MOTO_VENV := .venv-moto
MOTO := moto[s3,server]==5.2.5

# Whom `make bench-peers` measures beside the product. No environment of ours takes what they pin.
LITELLM_VENV := .venv-litellm
LITELLM := litellm[proxy]==1.106.2
CHAINLIT_VENV := .venv-chainlit
CHAINLIT := chainlit==2.12.0 openai==3.52.0 uvloop==0.23.0

.PHONY: help serve test chaos bench bench-pages bench-peers soak peers check types rules format docs lock pages environment packages packages-dev moto
.DEFAULT_GOAL := help

help:
	@sed -n '1,/^$$/s/^# //p' Makefile

serve:
	@$(MAKE) --no-print-directory -j2 packages pages
	@echo "serving; Ctrl-C stops"
	@exec $(BIN)/python -m server serve

test:
	@$(MAKE) --no-print-directory -j2 packages-dev moto pages
	@$(BIN)/python -m tests.support.authjs
	@echo "testing the pages' modules"
	@$(BIN)/python static/build.py test
	@echo "testing the server"
	@$(BIN)/python -m pytest -p tests.support.skips -n $(WORKERS) $(PYTEST)

chaos:
	@$(MAKE) --no-print-directory packages-dev
	@$(BIN)/python -m tests.system.chaos --minutes $(MINUTES) $(CHAOS)

bench:
	@$(MAKE) --no-print-directory packages-dev
	@$(BIN)/python -m tests.benchmarks $(BENCH)

bench-pages:
	@$(MAKE) --no-print-directory -j2 packages-dev pages
	@$(BIN)/python -m tests.benchmarks.pages $(BENCH)

bench-peers:
	@$(MAKE) --no-print-directory packages-dev peers
	@$(BIN)/python -m tests.benchmarks --peers $(BENCH)

soak:
	@$(MAKE) --no-print-directory packages-dev
	@$(BIN)/python -m tests.benchmarks.soak --minutes $(MINUTES)

check:
	@$(MAKE) --no-print-directory -j2 packages-dev pages
	@$(MAKE) --no-print-directory -j2 types rules

# Types take as long as all the other checks together, which run beside them.
types:
	@echo "checking types"
	@$(BIN)/mypy

rules:
	@echo "checking format"
	@$(BIN)/ruff format --check .
	@echo "checking style"
	@$(BIN)/ruff check .
	@echo "checking imports"
	@$(BIN)/lint-imports
	@echo "checking generated documents"
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/architecture
	@echo "checking the pages"
	@$(BIN)/python static/build.py check
	@echo "asking about known weaknesses of dependencies"
	@$(BIN)/python -m tests.architecture.advisories

format:
	@$(MAKE) --no-print-directory packages-dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs:
	@$(MAKE) --no-print-directory packages
	@echo "writing generated documents"
	@$(BIN)/python -m server docs

lock: environment
	@echo "resolving requirements.lock"
	@$(COMPILE) pyproject.toml --extra local -o requirements.lock
	@echo "resolving requirements-dev.lock"
	@$(COMPILE) pyproject.toml --extra local --extra dev -c requirements.lock -o requirements-dev.lock
	@echo "resolving requirements-moto.lock"
	@echo '$(MOTO)' | $(COMPILE) - -o requirements-moto.lock

pages: environment
	@$(BIN)/python static/build.py build

packages: environment
	@cmp -s requirements.lock $(INSTALLED) || { \
		echo "installing Python packages into $(VENV)" && \
		$(UV) -r requirements.lock && cp requirements.lock $(INSTALLED); }

packages-dev: environment
	@cmp -s requirements-dev.lock $(INSTALLED_DEV) || { \
		echo "installing Python packages and tools into $(VENV)" && \
		$(UV) -r requirements-dev.lock && cp requirements-dev.lock $(INSTALLED_DEV) && \
		rm -f $(INSTALLED); }

moto: environment
	@cmp -s requirements-moto.lock $(MOTO_VENV)/requirements-moto.lock || { \
		echo "installing a stand-in for Amazon's services into $(MOTO_VENV)" && \
		$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(MOTO_VENV) && \
		$(BIN)/uv pip install --quiet --python $(MOTO_VENV)/bin/python --require-hashes \
			-r requirements-moto.lock && \
		cp requirements-moto.lock $(MOTO_VENV); }

# The stamp names what was installed, so that another version here installs it.
peers: packages-dev
	@$(call peer,$(LITELLM_VENV),$(LITELLM))
	@$(call peer,$(CHAINLIT_VENV),$(CHAINLIT))

define peer
test "$$(cat $(1)/installed 2>/dev/null)" = "$(2)" || { \
		echo "installing $(2) into $(1)" && \
		$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(1) && \
		$(BIN)/uv pip install --quiet --compile-bytecode --python $(1)/bin/python $(foreach one,$(2),"$(one)") && \
		echo "$(2)" > $(1)/installed; }
endef

# An environment whose Python has gone, or that an interrupted run left half made, is made anew.
environment:
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && \
		$(BIN)/uv --version 2>/dev/null | grep -q '^uv $(UV_VERSION)\b' || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
			echo "Causerie needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 | head -n 1)." \
				"Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }; \
		echo "making the virtual environment $(VENV)"; \
		$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || rm -rf $(VENV); \
		rm -f $(INSTALLED) $(INSTALLED_DEV); \
		$(PYTHON) -m venv $(VENV) >/dev/null || { \
			echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
