# make demo: set everything up, run the main job on samples/
# make check: the same set-up, then lint, types and the fast tests; make test: all tests
# make help: all targets
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
OUTPUT ?= out/demo
# The first Python from 3.10 to 3.13 on this machine; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3 python3.12 python3.11 python3.13 python3.10; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
PIP_INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes --only-binary :all: --no-deps

.PHONY: help demo check test test-emulator test-all lint ruff imports spelling prose types unit deploy-check lock prism axe flink stack-up stack-down stack-status docs benchmark notices clean

help: ## say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{ printf "make %-13s %s\n", $$1, $$2 }'

$(VENV)/python:
	@test -n "$(PYTHON)" || { echo "onrecord needs Python 3.10, 3.11, 3.12 or 3.13 with the venv module; none was found (PYTHON=... names one)"; exit 1; }
	@echo "== making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: $(VENV)/python requirements/onrecord.lock setup.py pyproject.toml
	@echo "== installing onrecord and the language model, pinned in requirements/onrecord.lock (a few minutes the first time)"
	@$(PIP_INSTALL) -r requirements/onrecord.lock
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements/dev.lock
	@echo "== installing the tools for tests, pinned in requirements/dev.lock"
	@$(PIP_INSTALL) -r requirements/dev.lock
	@touch $@

demo: $(VENV)/installed ## set everything up and extract records from samples/
	@echo "== onrecord backfill --input samples/*.jsonl --output $(OUTPUT) --overwrite"
	@$(BIN)/onrecord backfill --input samples/*.jsonl --output $(OUTPUT) --overwrite
	@$(BIN)/onrecord show $(OUTPUT)
	@$(BIN)/onrecord report $(OUTPUT)

# Tests start hundreds of Python processes; without compiled files each would compile all of onrecord.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(BIN)/python -m pytest
# One process per core and one more, since many tests wait; each loads the model once, which takes 300 MB. A process that is done takes
# tests from one that is not.
PARALLEL := -n $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --maxprocesses 8 --dist worksteal
SLOW := property or process or scale or deploy or emulator or terraform or go or prism or flink or gold
ELSEWHERE := long or terraform or go or prism or flink or gold

check: $(VENV)/installed-dev ## lint, types and the fast tests, in about a minute
	@$(MAKE) --no-print-directory --jobs=3 lint types unit

test: $(VENV)/installed-dev ## lint, types and all tests that need only Python, and those with the Pub/Sub emulator where it is installed (minutes)
	@$(MAKE) --no-print-directory --jobs=2 lint types
	@echo "== tests"
	@HYPOTHESIS_PROFILE=ci $(PYTEST) $(PARALLEL) -q -m "not ($(ELSEWHERE))"

test-emulator: $(VENV)/installed-dev ## the tests with the Pub/Sub emulator, which comes with the Google Cloud CLI
	@echo "== tests with the Pub/Sub emulator"
	@HYPOTHESIS_PROFILE=ci $(PYTEST) $(PARALLEL) -q -m emulator; code=$$?; test $$code -eq 0 -o $$code -eq 5

test-all: test prism flink ## make test, and the long tests and those that need Terraform, Prism (Go), Flink (a JDK) and the gold sets
	@echo "== tests with Terraform and Go, on Prism and on Flink, and the gold check"
	@HYPOTHESIS_PROFILE=ci $(PYTEST) -m "$(ELSEWHERE)"

lint: ruff imports spelling prose ## check the code and the text against the rules

ruff: $(VENV)/installed-dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .

imports: $(VENV)/installed-dev
	@$(BIN)/lint-imports --no-logo

spelling: $(VENV)/installed-dev
	@$(BIN)/codespell

prose: $(VENV)/installed-dev
	@$(BIN)/python -m tools.prose

types: $(VENV)/installed-dev ## check the types
	@$(BIN)/mypy

unit: $(VENV)/installed-dev ## run the fast tests
	@$(PYTEST) $(PARALLEL) -q -m "not ($(SLOW))"

deploy-check: $(VENV)/installed-dev ## check the image, Dataflow, Terraform and Kubernetes, as far as that works without an account (part of make test)
	@$(PYTEST) tests/deploy

prism: $(VENV)/installed ## build Prism, Beam's runner for one machine, which some tests run on (needs Go)
	@deploy/prism/install.sh $(BIN)/python

axe: ## fetch axe, which looks for what keeps people from using the report; a test runs it where it is (needs npm)
	@npm install --silent --no-save --prefix $(VENV)/axe axe-core@4.14.1

flink: $(VENV)/installed ## fetch Flink and Beam's runner for it, which some tests run on (needs a JDK)
	@$(BIN)/python -m deploy.flink.fetch

stack-up: $(VENV)/installed ## start a small production on this machine: Pub/Sub's emulator, Flink, the streaming job
	@$(BIN)/python -m deploy.stack up

stack-down: $(VENV)/installed ## stop it; the next start continues where it was
	@$(BIN)/python -m deploy.stack down

stack-status: $(VENV)/installed ## say what of it runs, and where
	@$(BIN)/python -m deploy.stack status

docs: $(VENV)/installed-dev ## build the documentation to out/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

benchmark: $(VENV)/installed-dev ## compare a backfill's CPU time with plain nlp.pipe on the same texts (INPUT=articles.jsonl)
	@test -n "$(INPUT)" || { echo "give a file of article messages: make benchmark INPUT=articles.jsonl"; exit 2; }
	@$(BIN)/python -m tests.benchmarks.backfill $(INPUT)

UV_COMPILE := uv pip compile -q --universal --generate-hashes --python-version 3.10 --no-annotate --no-header --no-emit-index-url

lock: ## pin the newest versions that pyproject.toml and requirements/*.in allow (needs uv)
	@$(UV_COMPILE) --extra all pyproject.toml requirements/build.in -o requirements/onrecord.lock
	@$(UV_COMPILE) -c requirements/onrecord.lock requirements/image.in -o requirements/image.lock
	@$(UV_COMPILE) -c requirements/onrecord.lock -c requirements/image.lock requirements/sbom.in -o requirements/sbom.lock
	@$(UV_COMPILE) -c requirements/onrecord.lock -c requirements/image.lock -c requirements/sbom.lock --extra all --extra accurate --extra otel pyproject.toml requirements/dev.in -o requirements/dev.lock

notices: $(VENV)/installed-dev ## write THIRD_PARTY_NOTICES.txt, after make lock
	@$(BIN)/python -m tools.third_party

clean: ## remove the virtual environment, caches and demo output
	rm -rf $(VENV) out build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
