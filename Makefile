# Kouba. `make run` and `make test` bring everything they need; `make help` lists the rest.

PYTHON_HERE := .venv/bin/python
CATALOGUES := $(wildcard translations/*/LC_MESSAGES/messages.po)
COMPILED := $(CATALOGUES:.po=.mo)
LOCK := $(PYTHON_HERE) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-options

# make test PYTEST_ARGS="tests/tours -x"    LANES=4 runs the tests in four processes
PYTEST_ARGS ?=
PARTS ?=
LANES ?= 2

.DEFAULT_GOAL := help
.PHONY: help run env dev test test-fast soak bench check format lock vendor translations clean

help: ## What there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: env $(COMPILED) ## Start Kouba with a filled demo festival; Ctrl-C stops it
	@$(PYTHON_HERE) -m eventapp.run

env: ## Only the environment that running needs
	@sh tools/environment.sh requirements.txt

dev: ## Only the environment that tests and checks need
	@sh tools/environment.sh requirements-dev.txt

test: dev $(COMPILED) ## Every test, on SQLite and PostgreSQL, in a browser too
	@LANES=$(LANES) sh tools/run_tests.sh $(PYTEST_ARGS)

test-fast: dev $(COMPILED) ## The quick tests, about a minute: SQLite, no browser, no races, no long walks
	@KOUBA_TEST_DATABASES=sqlite $(PYTHON_HERE) -m pytest -n $(LANES) --dist loadfile \
		-m "not e2e and not soak and not race and not slow" $(PYTEST_ARGS)

soak: dev $(COMPILED) ## Long random runs
	@$(PYTHON_HERE) -m pytest -m soak $(PYTEST_ARGS)

bench: dev $(COMPILED) ## Speed and memory against floors measured in the same run; PARTS="walks" for one part
	@$(PYTHON_HERE) -m bench $(PARTS)

check: dev ## Style, types, who imports whom, templates, licences, translations
	@sh tools/check.sh

format: dev ## Put the code in shape
	@$(PYTHON_HERE) -m ruff check --fix-only .
	@$(PYTHON_HERE) -m ruff format .

lock: dev ## Choose package versions anew from requirements.in, requirements-dev.in, requirements-bench.in
	CUSTOM_COMPILE_COMMAND="make lock" $(LOCK) --output-file requirements.txt requirements.in
	CUSTOM_COMPILE_COMMAND="make lock" $(LOCK) --output-file requirements-dev.txt requirements-dev.in
	CUSTOM_COMPILE_COMMAND="make lock" $(LOCK) --output-file requirements-bench.txt requirements-bench.in

vendor: dev ## Fetch the browser files of package.json into static/vendor (needs npm)
	npm ci --ignore-scripts --no-audit --no-fund
	@$(PYTHON_HERE) tools/vendor.py

translations: dev ## Bring new texts into the catalogues and compile them
	@$(PYTHON_HERE) tools/translations.py update

$(COMPILED): $(CATALOGUES) | env
	@$(PYTHON_HERE) tools/translations.py compile

clean: ## Remove what the tools left behind; instance/ with its data stays
	rm -rf .venv node_modules test-results .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find eventapp tests tools bench migrations -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
	rm -f $(COMPILED)
