# Segue's front door. Each target sets up what it needs (a second time takes no time) and calls one script of tools/.
PYTHON ?= python3
SETUP = $(PYTHON) tools/setup.py --for
IN_VENV = .venv/bin/python

.PHONY: help setup demo test check faults bench vsix clean

help: ## Say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16
	@$(PYTHON) tools/parts.py

setup: ## Install everything that the other targets need
	@$(SETUP) test

demo: ## VS Code with Segue on a clone of this repository; REPO=path another one, PORT=number
	@$(SETUP) demo
	@$(IN_VENV) tools/demo.py $(if $(REPO),--repo "$(REPO)") $(if $(PORT),--port "$(PORT)")

test: ## All tests; PARTS="git lsp" some of them
	@$(SETUP) test
	@$(IN_VENV) tools/test.py $(PARTS)

check: ## Formatting, lint, types and layers, in under a minute
	@$(SETUP) check
	@$(IN_VENV) tools/check.py

faults: ## Kills, full disks and damage, for minutes; DRILLS="kills oracle" some of them
	@$(SETUP) check
	@$(IN_VENV) tools/faults.py $(DRILLS)

bench: ## Measure against the goals
	@$(SETUP) bench
	@$(IN_VENV) benchmarks/run.py

vsix: ## Build the extension as extension/dist/segue.vsix
	@$(SETUP) vsix
	@.venv/bin/npm run --silent --prefix extension vsix

clean: ## Delete everything that was generated or installed
	@$(PYTHON) tools/clean.py
