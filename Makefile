# Needs Python 3.11 or newer, git, make and a package index. `make` alone prints the targets.

PYTHON ?= python3
# Another list of the tools, such as one with another ansible-core.
REQUIREMENTS ?= requirements-dev.txt

# More arguments for what a target runs, such as: make unit ARGS=tests/unit/plugins/module_utils/_wire/test_client.py
ARGS ?=

# Another Python for the plugins in the unit and integration tests, such as 3.9.
export PLUGIN_PYTHON ?=

# Makes unit and integration record what runs of the plugins; COVERAGE= does without, and is quicker.
export COVERAGE ?= --coverage

# Ansible wants UTF-8, whatever locale make is called with.
export LC_ALL := $(or $(shell locale -a 2>/dev/null | grep -ixEm1 'C\.utf-?8'),en_US.UTF-8)

# Nothing is written outside the clone, but for temporary files.
HOME_OF_TOOLS := $(CURDIR)/build/home
export PIP_CACHE_DIR ?= $(HOME_OF_TOOLS)/.cache/pip

# What ansible-test records its coverage with: no other version reads the records reliably.
OF_ANSIBLE_TEST := .venv/lib/python*/site-packages/ansible_test/_data/requirements/ansible-test.txt

BIN := $(CURDIR)/.venv/bin
NOX = "$(BIN)/nox" --no-install --session
REPORTS := build/ansible_collections/abra/flexi/tests/output/junit
SKIPPED = @"$(BIN)/python" tests/tools/skipped.py build/reports/e2e.xml

# What is built, installed as users do it, with the emulator importable beside it.
INSTALLED = PATH="$(BIN):$$PATH" HOME="$(HOME_OF_TOOLS)" ANSIBLE_HOME="$(HOME_OF_TOOLS)/.ansible" \
	PYTHONPATH="$(CURDIR)/build" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/build/installed"

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help prerequisites venv lint types docs unit sanity build e2e integration coverage molecule demo recording bench \
	mutation image test test-all clean

help: ## print this
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

prerequisites: # what no package index has
	@command -v "$(PYTHON)" >/dev/null || { echo "$(PYTHON) is missing: install the Debian package python3." >&2; exit 1; }
	@"$(PYTHON)" tests/tools/prerequisites.py "$(PYTHON)"

venv: .venv/.made ## make .venv, with all the tools
	@"$(BIN)/python" tests/tools/prepare_home.py "$(HOME_OF_TOOLS)"

.venv/.made: $(REQUIREMENTS) | prerequisites
	"$(PYTHON)" -m venv --clear .venv
	.venv/bin/python -m pip install -qq --disable-pip-version-check -r $(REQUIREMENTS)
	.venv/bin/python -m pip install -qq --disable-pip-version-check -r $(OF_ANSIBLE_TEST)
	touch $@

lint: venv ## check style, documentation, changelog, licences, and what Galaxy checks
	$(NOX) lint docs-check license-check extra-checks changelog ansible-lint
	"$(BIN)/nox" --session build-import-check

types: venv ## check types
	$(NOX) types

docs: venv ## build the documentation site in build/docs/build/html, and check it
	$(NOX) docs

unit: venv ## run the unit tests
	$(NOX) unit -- $(ARGS)

sanity: venv ## run Ansible's own checks
	$(NOX) sanity -- $(ARGS)

build: venv ## build the collection and install the result in build/installed
	$(NOX) build

e2e: venv ## test the built and installed collection
	$(NOX) e2e -- $(ARGS)
	$(SKIPPED)

integration: venv ## run the integration tests, through the action plugins and through the modules
	$(NOX) integration -- $(ARGS)

coverage: venv ## report what unit and integration did not run of the plugins, which has to be nothing
	$(NOX) coverage

molecule: venv ## run the role's scenario
	$(NOX) molecule -- $(ARGS)

demo: build ## show what the collection does, on an emulated server
	$(INSTALLED) python tests/demo/demo.py

recording: build ## record what make demo prints: docs/demo.svg
	$(INSTALLED) python tests/tools/record_demo.py

bench: build ## measure how fast it is: plot, docs/benchmark.json, guide_speed.rst (10 minutes)
	$(INSTALLED) python -m ansible_collections.abra.flexi.tests.benchmark $(ARGS)

mutation: venv ## see whether the unit tests notice changes of what tests/mutation names, in a copy (hours; ARGS=run: of one)
	$(NOX) mutation -- $(ARGS)

image: build ## build the execution environment with podman, and run the playbook in it (ARGS=--debian: without a registry)
	$(INSTALLED) HOME="$(HOME)" python tests/tools/build_image.py $(ARGS)

test-all: venv ## run the tests with each ansible-core from 2.16 on, on the Pythons that are there (ARGS=2.19: with one)
	PYTHONPATH="$(CURDIR)" "$(BIN)/python" -m tests.tools.matrix $(ARGS)

test: lint types docs unit sanity e2e integration coverage molecule demo ## run all of these checks and tests
	@command -v podman >/dev/null || \
		echo "Not a part of make test: make image, for which podman is missing (Debian package podman)."
	$(SKIPPED) $(REPORTS)/*-units.xml $(REPORTS)/ansible-test-sanity-*.xml

clean: ## remove all that make made
	rm -rf .venv .nox build .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache \
		changelogs/.plugin-cache.yaml tests/integration/inventory tests/output
	find . -name .git -prune -o -name __pycache__ -prune -exec rm -rf {} +
