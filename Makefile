# `make help` lists everything. Nothing here needs more than Python 3.11+, make and a package index.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.locked
OWN    := -e shared -e document -e services/agreements -e services/metrics -e services/incidents -e services/notifier -e cli
NAME   ?=
ONCE   ?=
CHECK  ?=
# Where the environment forbids bytecode, each process of each test would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo up test test-native test-docker test-motor bench contracts deploy-check lint fmt types imports lock clean

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## make .venv from the hashed locks

$(STAMP): requirements/dev.txt requirements/uv.txt shared/pyproject.toml document/pyproject.toml cli/pyproject.toml $(wildcard services/*/pyproject.toml)
	@sh requirements/setup.sh "$(PYTHON)" "$(VENV)" $(OWN)
	@touch $@

demo: $(STAMP)  ## play a whole story: an outage, a breach, mails, the recovery (ONCE=1: by itself, then end)
	@$(BIN)/sepakat demo $(if $(ONCE),--once)

up: $(STAMP)  ## run broker, database and the services, and stay
	@$(BIN)/sepakat up

test: $(STAMP)  ## every test, on the embedded backend
	@SEPAKAT_TEST_BACKENDS=embedded $(BIN)/pytest -n auto --maxprocesses 4 --no-loadscope-reorder

test-native: $(STAMP)  ## those that need servers, on Apache Kafka and FerretDB (needs java, mvn and go)
	@$(BIN)/python -c 'from sepakat_cli.backends import native; native.Native.missing() or native.build()'
	@SEPAKAT_TEST_BACKENDS=native $(BIN)/pytest -m servers

test-docker: $(STAMP)  ## those that need servers, on containers (needs an engine)
	@SEPAKAT_TEST_BACKENDS=docker $(BIN)/pytest -m servers

test-motor: $(STAMP)  ## those that need servers, with Motor as the database driver
	@SEPAKAT_TEST_BACKENDS=embedded SEPAKAT_MONGO_DRIVER=motor $(BIN)/pytest -m servers

bench: $(STAMP)  ## the benchmarks (NAME=ingestion for one)
	@$(BIN)/python bench/run.py $(NAME)

fmt: $(STAMP)  ## format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

contracts: $(STAMP)  ## write schemas, AsyncAPI and the pages made from code anew (CHECK=1: only compare)
	@$(BIN)/python -m sepakat_shared.contracts.generate docs/reference $(if $(CHECK),--check)
	@$(BIN)/python docs/reference/settings.py $(if $(CHECK),--check)
	@$(BIN)/python docs/reference/disputes.py $(if $(CHECK),--check)

deploy-check: $(STAMP)  ## compose file, Dockerfile and workflows; each service from its own lock
	@sh deploy/check.sh $(BIN)
	@sh deploy/alone.sh $(BIN)

lint: $(STAMP)  ## style and common mistakes
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(STAMP)  ## mypy, strict
	@$(BIN)/mypy

imports: $(STAMP)  ## who may import whom
	@$(BIN)/lint-imports

lock: $(STAMP)  ## resolve the locks anew
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh requirements/lock.sh

clean:  ## remove the environment and everything the launcher keeps
	rm -rf $(VENV) .venv-peers .sepakat .cache
