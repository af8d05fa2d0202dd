# The workbook's commands. `make` alone lists them. Only relative paths: the folder may be called
# anything, spaces included.

PYTHON ?= python3
ARGS ?=

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

RUN := $(BIN)/python -m
UNIT := not live and not browser and not notebooks and not slow
# A Python named on the command line is meant: make PYTHON=python3.12 builds .venv with it.
INSIST := $(if $(filter command line,$(origin PYTHON)),--this-python)

.DEFAULT_GOAL := help
.PHONY: help lab test check format notebooks exercises truth rot lock clean set-up

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1@\2/p' Makefile | awk -F@ '{printf "%-18s%s\n", $$1, $$2}'

lab: set-up ## set up everything, open JupyterLab on the first notebook
	@$(BIN)/lesson-kit lab $(ARGS)

test: set-up ## set up everything, run all tests (about 7 minutes on two cores)
	@$(RUN) tools.programs
	@$(RUN) pytest -n auto --maxprocesses=4 $(ARGS)

check: set-up ## the inner loop: format, lint, types, unit tests (under a minute)
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@$(RUN) pytest -q -m "$(UNIT)" -n auto --maxprocesses=4 $(ARGS)

format: set-up ## format the code, mend what lint can mend
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

notebooks: set-up ## run the notebooks and save their outputs
	@$(RUN) tools.notebooks $(ARGS)

exercises: set-up ## build the exercises out of their solutions, prove both right
	@$(BIN)/lesson-kit build $(ARGS)
	@$(BIN)/lesson-kit verify $(ARGS)

truth: set-up ## check every SDK name in the texts against the installed SDKs
	@$(RUN) tools.truth $(ARGS)

rot: set-up ## try everything with the newest SDK releases, in a throwaway environment
	@$(RUN) tools.rot $(ARGS)

lock: set-up ## write requirements.lock anew from pyproject.toml (UPGRADE=1: newest releases)
	@$(RUN) tools.relock $(if $(UPGRADE),--upgrade)

clean: ## remove .venv and all caches (notebooks and answers stay)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

set-up:
	@command -v "$(PYTHON)" >/dev/null || { echo "no $(PYTHON) found: install Python 3.11 or newer (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@"$(PYTHON)" tools/setup.py $(INSIST)
