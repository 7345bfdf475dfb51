# `make demo` and `make test` need Python 3.11 or newer and this file; they set up the rest in .venv.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS = $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
SCRIPTS := $(wildcard .ci/run ci/*.sh examples/*.sh bench/*.sh)

.DEFAULT_GOAL := help
# No recipe calls this file again, and tests that start `make` themselves mean a make of their own.
unexport MAKEFLAGS
.PHONY: help venv apt bench cases debs definitions demo fuzz libraries wheels test lint typecheck contracts scripts unit format lock-dev clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:[^#]*##/ -/' | sort

venv: $(STAMP) ## Set up .venv from requirements-dev.txt (PYTHON=... chooses the interpreter)

$(STAMP): requirements-dev.txt pyproject.toml ci/venv.sh
	@sh ci/venv.sh $(VENV)
	@touch $@

demo: $(STAMP) ## Lock, freeze, show and make examples/served, with no registry, root or engine
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

bench: $(STAMP) ## Compare with BentoML and bare uv: minutes, and a quiet machine (BENCH_ARGS=... adds options)
	$(BIN)/python bench/compare.py $(BENCH_ARGS)

test: lint typecheck contracts scripts unit ## All checks and all tests

lint: $(STAMP) ## ruff: rules and format; and that docs/cases.md is what the tests give
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python ci/cases.py --check

cases: $(STAMP) ## Write docs/cases.md from the tests
	$(BIN)/python ci/cases.py

wheels: $(STAMP) ## Compare layers of 150 much used wheels with installations (WHEELS_ARGS=... adds options)
	$(BIN)/python ci/wheels.py $(WHEELS_ARGS)

apt: $(STAMP) ## Compare what is chosen with real apt: 58 sets, two releases, three bases
	LADING_TEST_ALL_SETS=1 $(BIN)/pytest --quiet --numprocesses auto tests/debian/test_against_apt.py

definitions: $(STAMP) ## Lock all definitions of tests/definitions for both platforms, and compare with what is known
	LADING_TEST_ALL_DEFINITIONS=1 $(BIN)/pytest --quiet tests/definitions

debs: $(STAMP) ## Install Debian's 500 most used libraries natively, and say which can't be (DEBS_ARGS=...)
	$(BIN)/python ci/debs.py $(DEBS_ARGS)

libraries: $(STAMP) ## Compare `lading check` with real imports in a chroot, as root (LIBRARIES_ARGS=... adds options)
	$(BIN)/python ci/libraries.py $(LIBRARIES_ARGS)

fuzz: $(STAMP) ## Give the readers and the serializer anything: FUZZ_SECONDS=60 each (FUZZ_ARGS=... adds options)
	$(BIN)/python fuzz/run.py $(FUZZ_ARGS)

typecheck: $(STAMP) ## mypy, strict, over source and tests
	$(BIN)/mypy

contracts: $(STAMP) ## Which part may import which
	$(BIN)/lint-imports --no-logo

scripts: $(STAMP) ## shellcheck over our own shell scripts
	$(BIN)/shellcheck $(SCRIPTS)

# By file, so that what its tests share is made once, and in the order that tests/conftest.py gives. One
# worker more than there are cores: tests with engines wait for disks and networks half of the time.
unit: $(STAMP) ## pytest (PYTEST_ARGS="tests/image -x" for some of it)
ifdef PYTEST_ARGS
	$(BIN)/pytest $(PYTEST_ARGS)
else
	$(BIN)/pytest --quiet --durations 20 --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
endif

format: $(STAMP) ## Rewrite the source in its format, with the fixes that ruff is sure of
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# No --upgrade: what is pinned stays, unless LOCK_ARGS=--upgrade asks for new versions.
lock-dev: $(STAMP) ## Write requirements-dev.txt from pyproject.toml and requirements-dev.in
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links $(LOCK_ARGS) \
	  --output-file requirements-dev.txt pyproject.toml requirements-dev.in

clean: ## Remove .venv, caches and what was built
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
