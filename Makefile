# `make` lists the targets. Everything lives in .venv; nothing is installed elsewhere.

BIN := .venv/bin
PACKAGES := domain activities workflows api infra
UV ?= uv
COMPILE = $(UV) pip compile pyproject.toml - --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-annotate --no-header --no-config --quiet

# Tests that are compiled once need not be compiled again, whatever the shell says.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help run test test-fast check demo bench requirements clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/ready  ## set up and start everything (`pledge up`)
	@$(BIN)/pledge up

test: check  ## everything CI runs: the linters, then the tests
	@$(BIN)/pytest -q -n 3

test-fast: .venv/ready-dev  ## the tests that need no server
	@$(BIN)/pytest -q -n 2 tests/domain tests/laws tests/adapters

check: .venv/ready-dev  ## the linters only
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy $(PACKAGES) bench examples
	@$(BIN)/lint-imports

demo: .venv/ready  ## one ticket, from opening to escalation, in fast time
	@$(BIN)/python -m examples.demo

bench: .venv/ready  ## measure this machine
	@$(BIN)/python -m bench

requirements:  ## pin the dependencies of pyproject.toml again (needs uv)
	@echo 'setuptools>=80' | $(COMPILE) --upgrade -o requirements.txt
	@echo 'setuptools>=80' | $(COMPILE) --upgrade --extra dev -c requirements.txt -o requirements-dev.txt

clean:  ## remove what was built, never the data in .pledge
	@rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -prune -exec rm -rf {} +

.venv/ready: requirements.txt pyproject.toml infra/setup.sh
	@infra/setup.sh requirements.txt && touch $@

.venv/ready-dev: requirements-dev.txt pyproject.toml infra/setup.sh
	@infra/setup.sh requirements-dev.txt && touch .venv/ready $@
