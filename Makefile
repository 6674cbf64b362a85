# Each target does all of its own set-up; the virtual environment is made once and kept.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint format bench clean

demo: $(READY)
	rm -rf demo
	$(BIN)/python examples/plain_composites.py demo/download --pairs 40
	$(BIN)/synpain-hf build demo/download demo/synpain-1.0.0 --version 1.0.0 --workers 2
	$(BIN)/synpain-hf info demo/synpain-1.0.0
	HF_HOME=demo/hf-home $(BIN)/synpain-hf install demo/synpain-1.0.0
	HF_HOME=demo/hf-home HF_HUB_OFFLINE=1 $(BIN)/python examples/load_pairs.py

test: $(READY)
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m tests.benchmarks.build

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $(READY)

clean:
	rm -rf $(VENV) demo build dist
