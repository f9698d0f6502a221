# The two commands of the README are `make demo` and `make test`; each sets up what it needs in .venv and says what it does.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-engines test-images wheels release lint types bench compat pages grades clean

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
WORKERS ?= 2

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY)  ## make the virtual environment with everything that tests and demo need

$(READY): setup.py $(wildcard stix_shifter_modules/*/requirements.txt)
	@echo "== setting up $(VENV) (a minute or so on a fresh machine)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all,test]'
	@touch $@

demo: $(READY)  ## search a small intrusion in log files and a bundle with one STIX pattern
	@$(BIN)/python demo/run.py

test: $(READY)  ## run all tests that need no root, no network and no server
	@echo "== tests without engines (two workers)"
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not engine and not live and not image"
	@echo "== left out here: tests marked 'engine' (MariaDB, PostgreSQL, TAXII and S3 servers); run them with: make test-engines"

test-engines: $(READY)  ## run the tests that need real servers, after installing those that are missing (needs root for that)
	@.ci/engines
	@echo "== tests with real engines"
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m engine

test-images: $(READY)  ## build and run container images of a connector (minutes; needs root and Docker Engine or Buildah)
	@$(BIN)/python -m pytest -m image -s tests/packaging

lint: $(READY)  ## check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy stix_shifter stix_shifter_utils stix_shifter_modules demo packing main.py proxyhost_server_routing.py setup.py

wheels:  ## build the wheels of a mode into dist/: make wheels MODE=mysql VERSION=9.0.0 (MODE is N where not given)
	@MODE=$(or $(MODE),N) VERSION=$(VERSION) $(PYTHON) setup.py bdist_wheel

release: $(READY)  ## build every mode, check and try the wheels, write checksums and notes: make release VERSION=9.0.0
	@$(BIN)/python -B -m packing $(or $(VERSION),$(error say which: make release VERSION=9.0.0))

PUBLISHED := build/published
PUBLISHED_VERSION := 8.1.3

$(PUBLISHED)/.ready:
	@echo "== setting up the published package $(PUBLISHED_VERSION) in $(PUBLISHED) for comparison"
	$(PYTHON) -m venv $(PUBLISHED)
	$(PUBLISHED)/bin/python -m pip install --quiet --disable-pip-version-check \
	  $(foreach name,stix-shifter stix-shifter-utils stix-shifter-modules-mysql stix-shifter-modules-qradar \
	  stix-shifter-modules-elastic-ecs,$(name)==$(PUBLISHED_VERSION))
	@touch $@

bench: $(READY) $(PUBLISHED)/.ready  ## measure speed and start-up against the published package (needs the package index)
	@$(BIN)/python -m bench --published $(PUBLISHED)/bin/python $(BENCH)

compat: $(READY)  ## run published connectors on the published core and on this one, and compare (needs the package index)
	@$(BIN)/python -m compat

pages: $(READY)  ## write the pages of docs/ that are made from the code: connectors, query languages
	@$(BIN)/python -m stix_shifter.pages

grades: $(READY)  ## run the standard suite of each connector and keep its grade for the pages (minutes)
	@$(BIN)/python -m stix_shifter.pages --grades

clean:  ## remove what builds and tests leave behind
	rm -rf build dist demo-out *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
