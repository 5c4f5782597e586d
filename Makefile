# The commands of this project. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
# Two workers, each with its own Valkey and PostgreSQL; PYTEST="-x tests/test_layers.py" narrows a run.
PYTEST ?= -n 2 --dist loadgroup --durations=25 --durations-min=4

.PHONY: help setup setup-dev up test lint format docs bench faults lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv with everything that running needs
	@tools/setup.sh

setup-dev:
	@tools/setup.sh dev

up: setup ## run everything on http://127.0.0.1:8000 until Ctrl-C
	@$(BIN)/smsgw up

test: setup-dev ## run all tests, with a Valkey, a PostgreSQL, a Kannel and a Chromium of their own
	@tools/postgresql.sh
	@tools/kannel.sh
	@tools/chromium.sh
	@$(BIN)/python -m tests.support.axe
	@$(BIN)/python -m pytest $(PYTEST)

lint: setup-dev ## style, types, known vulnerabilities, secrets
	@tools/lint.sh

format: setup-dev ## put every file into the one format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: setup-dev ## write the tables of the documents anew from the program
	@$(BIN)/python -m tests.docs write

bench: setup-dev ## measure the gateway beside the usual way to build one (takes minutes)
	@$(BIN)/python -m tests.bench

faults: setup-dev ## play every fault on both databases with ten seeds, and write docs/faults.md (takes more than an hour)
	@$(BIN)/python -m tests.faults --seed 1,2,3,4,5,6,7,8,9,10 --at-once 5 --json docs/recorded/faults.json
	@$(BIN)/python -m tests.docs write

lock: setup-dev ## lock the newest versions that pyproject.toml allows (needs the package index)
	@tools/lock.sh

clean: ## remove what was built; keeps var/, where the data is
	@rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
