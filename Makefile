# `make` alone says what there is. A fresh Debian with python3 and make is enough.

PYTHON ?= python3
SEED ?= 1
FAULTS ?= 60
STORE ?= sqlite
COLLECTORS ?= 1

# Debian keeps its servers, mosquitto among them, where an ordinary user's PATH does not look.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
WITH_SERVERS := PATH="$$PATH:/usr/sbin"
SERVERS := mosquitto mosquitto-clients faketime influxdb nginx systemd openssl

PIP_INSTALL := .venv/bin/python -m pip install --quiet --disable-pip-version-check
EDITABLE := $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
CODE := schemas devices gateway tests bench deploy

.DEFAULT_GOAL := help
.PHONY: help run test check format generate bench chaos safeguards hostile lock clean

help: ## Say what there is
	@awk -F ': .*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/run ## Install, then show the whole chain for half a minute
	@simpang demo --seconds 30

test: ## Everything that must hold: check, tests, safeguards, a short chaos
	@$(WITH_SERVERS); \
	for program in mosquitto mosquitto_sub faketime influxd nginx systemd-analyze openssl; do \
	  command -v $$program >/dev/null || { .ci/debian $(SERVERS); break; }; done
	@$(WITH_SERVERS) .ci/test

check: .venv/dev ## Format, lint, types, who imports whom, dependencies, dead code
	ruff format --check --quiet $(CODE)
	ruff check --quiet $(CODE)
	mypy
	lint-imports --no-logo --cache-dir .cache/import_linter
	deptry .
	vulture

format: .venv/dev ## Format the code and sort its imports
	ruff check --quiet --fix --exit-zero $(CODE)
	ruff format --quiet $(CODE)

generate: .venv/dev ## Write again what is generated: schemas, message and CLI reference
	python -m tests.house.generate

bench: .venv/dev ## How fast, as ratios measured in one run
	@$(WITH_SERVERS) python -m bench

chaos: .venv/dev ## Real processes under seeded faults: make chaos SEED=7 STORE=influxdb COLLECTORS=3
	@$(WITH_SERVERS) python -m tests.faults --seed $(SEED) --faults $(FAULTS) \
	  --store $(STORE) --collectors $(COLLECTORS)

safeguards: .venv/dev ## Remove each safeguard in a copy: the test that names it must turn red
	@$(WITH_SERVERS) python -m tests.safeguards

hostile: .venv/dev ## The same fuzzers as in make test, for much longer
	SIMPANG_HOSTILE=100 python -m pytest -m hostile
	python -m tests.hostile.drivers

lock: .venv/dev ## Pin every dependency, with the hashes of all its files (Python 3.11)
	.ci/lock

clean: ## Remove whatever these targets made
	rm -rf .venv .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache *.egg-info build dist
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/debian python3-venv
	$(PYTHON) -m venv .venv

.venv/run: .venv/bin/python requirements/run.txt pyproject.toml
	$(PIP_INSTALL) --require-hashes --requirement requirements/run.txt
	$(EDITABLE)
	@touch $@

.venv/dev: .venv/bin/python requirements/dev.txt pyproject.toml
	$(PIP_INSTALL) --require-hashes --requirement requirements/dev.txt
	$(EDITABLE)
	@touch $@ .venv/run
