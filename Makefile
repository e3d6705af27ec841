.DEFAULT_GOAL := help
BIN := .venv/bin
DATE ?= $(shell date +%F)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' Makefile

run: ## the whole product on an invented department; prints the addresses, Ctrl-C stops it
	@deploy/bootstrap.sh run
	@$(BIN)/python -m tests.demo

test: ## everything: installs what the tests need, then runs all of them
	@deploy/bootstrap.sh test
	$(BIN)/pytest -n 2 --dist loadgroup --durations=60

test-fast: ## unit tests only, in seconds
	@deploy/bootstrap.sh run
	$(BIN)/pytest tests/unit -q

test-e2e: ## the browser tests
	@deploy/bootstrap.sh test
	$(BIN)/pytest tests/e2e

pictures: ## the guides' pictures from the screens of the browser tests
	@deploy/bootstrap.sh run
	$(BIN)/python -m tests.e2e.pictures

test-radio: ## the agent against real bluetoothds, in virtual machines
	@deploy/bootstrap.sh test
	$(BIN)/pytest tests/radio

format: ## format and fix what can be fixed
	@deploy/bootstrap.sh run
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: ## ruff, spelling, import directions
	@deploy/bootstrap.sh run
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md docs hardware beacon_agent checkin_api liff_app reports tests --skip '*.js,*.svg,*.png,node_modules' -L 'ist,nd,te,hist,checkin'
	$(BIN)/lint-imports

types: ## mypy --strict
	@deploy/bootstrap.sh run
	$(BIN)/mypy

coverage: ## all tests with branch coverage
	@deploy/bootstrap.sh test
	$(BIN)/coverage erase
	$(BIN)/pytest -n 2 --dist loadgroup --cov --cov-report=
	$(BIN)/coverage report

bench: ## speed against peers, printed as ratios of one run
	@deploy/bootstrap.sh test
	$(BIN)/python -m tests.bench

check: lint types test ## what CI runs

lock: ## resolve the dependencies anew into deploy/locks
	@deploy/lock.sh

migration: ## a new migration from the models: make migration m="add table"
	@deploy/bootstrap.sh run
	$(BIN)/python -m checkin_api.migrations.new "$(m)"

menus: ## draw the rich menus' pictures anew, after their words or looks were changed
	@deploy/bootstrap.sh test
	$(BIN)/python -m checkin_api.line.menus.draw

report: ## a day's usage report of the running department: make report DATE=2026-11-22
	@deploy/bootstrap.sh run
	@# The demonstration's department, unless the environment names another one.
	@[ -n "$$CHECKIN_DATABASE_URL$$CHECKIN_DATABASE_URL_FILE" ] || [ ! -e var/demo/env.sh ] || . var/demo/env.sh; \
	$(BIN)/checkin report daily --date $(DATE) --format csv --output -

clean: ## remove the environment and all working data
	rm -rf .venv var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: help run test test-fast test-e2e pictures test-radio format lint types coverage bench check lock migration menus report clean
