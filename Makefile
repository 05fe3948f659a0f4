# Everything that people and CI run. `make demo` and `make test` need only git, make and Python 3.11 or later.
PYTHON ?= python3
SPEED ?= 20
PORT ?= 8000
VENV := .venv/bin/python
# Whoever sets it would have every one of the many processes compile our modules anew: a third of a server's start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-test demo demo-reset test check faults-hub faults-orders bench-hub bench-orders bench-catalogue hub-standalone smoke lock clean

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## Get what the demo needs (done by `make demo` itself)
	@$(PYTHON) -m config.bootstrap demo

setup-test:
	@$(PYTHON) -m config.bootstrap test

demo: setup ## The whole of Doorbell on this machine, until Ctrl-C. SPEED=1 is real time; 20, the default, a day in little more than an hour
	@$(VENV) -m config.demo --speed $(SPEED) --port $(PORT)

demo-reset: setup ## Remove the demo's data
	@$(VENV) -m config.demo --reset

test: setup-test ## Everything: checks, all tests, smoke
	@$(VENV) -m config.suite

check: setup-test ## Style, types, import contracts, the client's types
	@$(VENV) -m config.check

faults-hub: setup-test ## The hub's fault cases at full size: Redis killed, servers killed, readers that stop …; `make test` has them short
	@$(VENV) -m pytest tests/faults/hub -q --long

faults-orders: setup-test ## The orders' fault cases at full size: workers killed at every step, services gone, deadlines raced …; `make test` has them short
	@$(VENV) -m pytest tests/faults/orders -q --long -p no:randomly

bench-hub: setup-test ## How fast the hub is, beside Channels and websockets: a table, then one JSON object. ARGS="saturation --seconds 2", ARGS=--help
	@$(VENV) -m tests.bench.hub $(ARGS)

bench-orders: setup-test ## How fast an order's actor is, beside a bare one: a table, then one JSON object. ARGS="--rounds 5 --write-docs"
	@$(VENV) -m tests.bench.orders $(ARGS)

bench-catalogue: setup-test ## How fast searches, quotes and calendars are, who wins races for times and coupons (5 min): a table, then one JSON object. ARGS=--help
	@$(VENV) -m tests.bench.catalogue $(ARGS)

hub-standalone: setup-test ## The hub alone, in a project that has never heard of orders: whoever comes may read and publish. PORT=8000
	@$(VENV) -m tests.hub.standalone --port $(PORT)

smoke: setup ## 40 orders of mixed fate on a stack of two servers and two workers, with kills
	@$(VENV) -m tests.smoke

lock: ## Write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --all-extras pyproject.toml \
	  -o requirements.lock --python-version 3.11 -q

clean: ## Remove what was built in this folder; caches of the user and the demo's data stay
	rm -rf .venv web/board/frontend/node_modules web/board/static/board/dist .mypy_cache .ruff_cache \
	  .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
