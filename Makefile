# Needs Python 3.11 or newer, git, make and a package index. `make` alone prints the targets.

PYTHON ?= python3
# More arguments for pytest and ansible-test, such as: make unit ARGS=tests/unit/plugins/module_utils/test_client.py
ARGS ?=

# Another Python for the plugins in the unit and integration tests, such as 3.9.
PLUGIN_PYTHON ?=

BIN := $(CURDIR)/.venv/bin
STAGED := build/ansible_collections/abra/flexi
TEST_HOME := $(CURDIR)/build/home

export ANSIBLE_HOME := $(TEST_HOME)/.ansible
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/build

# Tools that start other tools find them here.
WITH_TOOLS = PATH="$(BIN):$$PATH"

# What is built, installed as users do it.
INSTALLED = $(WITH_TOOLS) ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/build/installed"

# Sanity, unit and integration tests run in a home of their own: see tests/tools/seed_get_pip.py.
ANSIBLE_TEST = cd $(STAGED) && HOME="$(TEST_HOME)" PATH="$(TEST_HOME)/bin:$$PATH" "$(BIN)/ansible-test"

OWN_PYTHON = $$("$(BIN)/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
INTEGRATION = $(ANSIBLE_TEST) integration $(if $(PLUGIN_PYTHON),--controller "origin:python=venv/$(OWN_PYTHON)" \
	--target "controller:python=venv/$(PLUGIN_PYTHON)",--venv)

# Without a network, links into Ansible's own documentation cannot be resolved; every other warning is an error.
OUT_OF_REACH := failed to reach any of the inventories|/rst/[a-z_]+\.rst:[0-9]+: WARNING: undefined label: '([a-z_]+|ansible_collections\.ansible\.[a-z_.]+)'

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help venv stage home lint types docs unit sanity build e2e integration demo recording bench image test test-all clean

help: ## print this
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

venv: .venv/.made ## make .venv, with all the tools

.venv/.made: requirements-dev.txt
	"$(PYTHON)" -m venv --clear .venv
	.venv/bin/python -m pip install -qq --disable-pip-version-check -r requirements-dev.txt
	touch $@

stage: venv ## copy the collection to where Ansible's tools find it
	.venv/bin/python tests/tools/stage.py $(STAGED)

home: venv
	.venv/bin/python tests/tools/seed_get_pip.py "$(TEST_HOME)"

lint: stage ## check style, documentation and changelog
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/yamllint --strict .
	.venv/bin/reuse lint --lines
	$(WITH_TOOLS) ansible-lint --profile production --offline --strict
	$(WITH_TOOLS) antsibull-changelog lint
	$(WITH_TOOLS) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all \
		--check-extra-docs-refs .

types: stage ## check types
	cd build && "$(BIN)/mypy" --config-file "$(CURDIR)/pyproject.toml" ansible_collections

docs: stage ## build the documentation site in build/docs/build/html
	rm -rf build/docs
	mkdir -m 700 build/docs
	$(WITH_TOOLS) antsibull-docs sphinx-init --use-current --squash-hierarchy --lenient --fail-on-error --dest-dir build/docs \
		--project abra.flexi --copyright "abra.flexi contributors" --title "abra.flexi: Ansible for ABRA Flexi" \
		--html-short-title abra.flexi abra.flexi
	cp -r docs/images build/docs
	$(WITH_TOOLS) build/docs/build.sh 2>build/docs/warnings || { cat build/docs/warnings >&2; exit 1; }
	! grep -E 'WARNING|ERROR|CRITICAL' build/docs/warnings | grep -vE "$(OUT_OF_REACH)"

unit: stage home ## run the unit tests
	$(ANSIBLE_TEST) units --venv --python "$(or $(PLUGIN_PYTHON),$(OWN_PYTHON))" $(ARGS)

sanity: stage home ## run Ansible's own checks
	$(ANSIBLE_TEST) sanity --venv $(ARGS)

build: stage ## build the collection and install the result in build/installed
	rm -rf build/dist build/installed
	.venv/bin/ansible-galaxy collection build --output-path build/dist $(STAGED)
	$(INSTALLED) ansible-galaxy collection install --offline -p build/installed build/dist/*.tar.gz

e2e: build ## test the built and installed collection
	$(INSTALLED) python -m pytest -rs tests/e2e $(ARGS)

integration: stage home ## run the integration tests, through the action plugin and through the module
	$(INTEGRATION) $(ARGS)
	rm -r $(STAGED)/plugins/action
	$(INTEGRATION) $(ARGS)

demo: build ## show what the collection does, on an emulated server
	$(INSTALLED) PYTHONPATH="$(CURDIR)/build" python tests/demo/demo.py

recording: build ## record what make demo prints: docs/demo.svg
	$(INSTALLED) PYTHONPATH="$(CURDIR)/build" python tests/tools/record_demo.py

bench: build ## measure how quick it is: docs/benchmark.png, .json, README.md (10 minutes)
	$(INSTALLED) PYTHONPATH="$(CURDIR)/build" python -m ansible_collections.abra.flexi.tests.benchmark $(ARGS)

image: build ## build the execution environment with podman, and run the playbook in it (ARGS=--debian: without a registry)
	$(INSTALLED) PYTHONPATH="$(CURDIR)/build" python tests/tools/build_image.py $(ARGS)

test-all: venv ## run the tests with each ansible-core from 2.16 on, on the Pythons that are there (ARGS=2.19: with one)
	PYTHONPATH="$(CURDIR)" .venv/bin/python -m tests.tools.matrix $(ARGS)

test: lint types docs unit sanity e2e integration demo ## run all of these checks and tests

clean: ## remove all that make made
	rm -rf .venv build .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache
