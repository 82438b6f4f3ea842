# The developer's whole interface. Needs git, make, Python >= 3.11 and the package registries.
PYTHON ?= python3
BIN := .venv/bin
LOCK_FLAGS := -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links
CODE := shared controlplane agents simulators wacall examples tests
# every line and branch of these is covered by unit tests
PURE := shared/call/*,controlplane/core/*,controlplane/sdp/*,controlplane/stop/*

.PHONY: help setup browser prometheus demo test check bench docs fmt lock clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

setup:  ## install everything into .venv and .cache; does nothing when nothing changed
	@"$(PYTHON)" -m wacall.bootstrap

browser:  ## the same, and a browser for the tests of web pages if there is none
	@"$(PYTHON)" -m wacall.bootstrap browser

demo: setup  ## run the whole stack with a simulated Meta and phone, a call each way
	@$(BIN)/wacall demo

prometheus:  ## the same, and a Prometheus for the tests of metrics if there is none
	@"$(PYTHON)" -m wacall.bootstrap prometheus

test: browser prometheus  ## run the whole suite
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup  ## format, lint, declared imports, types, unit tests: seconds
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/deptry .
	@$(BIN)/python -m mypy
	@$(BIN)/python -m pytest -q tests/unit --cov --cov-report=
	@$(BIN)/coverage report --include="$(PURE)" --fail-under=100

bench: setup  ## measure the set-up times and what a call costs
	@$(BIN)/wacall bench

docs: setup  ## write the pages that are made from the code
	@$(BIN)/python -m wacall.docs

pictures: browser  ## take the dashboard's pictures for the README
	@DASHBOARD_PICTURES=docs/pictures $(BIN)/python -m pytest -q tests/component/test_dashboard.py -k everybody

fmt: setup  ## format the code and repair what can be repaired
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix $(CODE)

lock: setup  ## resolve the dependencies anew; the lock files carry hashes and no address
	@"$(PYTHON)" -m venv .cache/uv && .cache/uv/bin/pip install -q uv
	.cache/uv/bin/uv pip compile pyproject.toml --all-extras $(LOCK_FLAGS) -o requirements.lock
	.cache/uv/bin/uv pip compile pyproject.toml -c requirements.lock $(LOCK_FLAGS) -o services.lock
	@for tool in go node; do .cache/uv/bin/uv pip compile wacall/bootstrap/toolchain/$$tool.in --no-header --no-annotate $(LOCK_FLAGS) -o wacall/bootstrap/toolchain/$$tool.lock; done

clean:  ## remove everything that setup and runs have made
	rm -rf .venv .cache .wacall wacall/stack/supabase/node_modules build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
