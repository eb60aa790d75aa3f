# Every everyday command. `make` alone prints them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV_PIN := uv==0.13.9

.PHONY: help setup run test check bench audit openapi pictures lock

help: ## print these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name what; do printf '  %-8s %s\n' "$$name" "$$what"; done

setup: $(STAMP) ## build .venv from the pinned requirements

# uv installs in seconds; where it cannot be had, or cannot reach the index, plain pip does the same.
$(STAMP): requirements.txt requirements-dev.txt
	@echo "setting up $(VENV) …"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check $(UV_PIN) || echo "no uv; going on with pip"
	$(BIN)/uv pip install -q --python $(BIN)/python -r requirements-dev.txt \
		|| $(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip check
	touch $(STAMP)

run: $(STAMP) ## start everything on http://127.0.0.1:8000 (PORT, DATABASE_URL, BROKER_URL override)
	@exec $(BIN)/python -m deploy.ground

test: $(STAMP) ## all tests, on a throw-away PostgreSQL
	@$(BIN)/python -m pytest -n auto $(ARGS)

check: $(STAMP) ## format, lint, types, layers, migrations, settings
	@$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check

bench: $(STAMP) ## timings beside a floor measured in the same run
	@$(BIN)/python -m bench $(ARGS)

audit: $(STAMP) ## check that the books balance
	@$(BIN)/python manage.py audit $(ARGS)

openapi: $(STAMP) ## write docs/openapi.json anew from the code
	@DJANGO_SETTINGS_MODULE=oms.settings $(BIN)/python -c "import django; django.setup(); \
		from oms.api import documents; print(documents.text(), end='')" > docs/openapi.json.new
	mv docs/openapi.json.new docs/openapi.json

pictures: $(STAMP) ## take the pictures of docs/first-day.md anew (needs a Chromium)
	@GUIDE=$(CURDIR)/docs/pictures $(BIN)/python -m pytest -q -rs tests/browser/test_first_day.py -k test_the_first_day

LOCK := $(BIN)/uv pip compile -q pyproject.toml --python-version 3.11 --universal --fork-strategy fewest \
	--no-header --no-emit-index-url --annotation-style line
LOCK_HEAD := \# Every pin, direct and transitive. Made from pyproject.toml by `make lock`; do not edit by hand.

lock: $(STAMP) ## pin the requirements anew from pyproject.toml
	@echo '$(LOCK_HEAD)' > requirements.txt.new
	$(LOCK) >> requirements.txt.new
	mv requirements.txt.new requirements.txt
	echo '$(LOCK_HEAD)' > requirements-dev.txt.new
	$(LOCK) --extra dev -c requirements.txt >> requirements-dev.txt.new
	mv requirements-dev.txt.new requirements-dev.txt
