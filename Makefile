# Each target does all of its own set-up; the virtual environment is made once and kept.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-all fuzz lint format bench bench-gpu clean

demo: $(READY)
	rm -rf demo
	mkdir demo
	$(BIN)/synpain-hf demo demo/demo-faces --pairs 200 --workers 2
	HF_HOME=demo/hf-home $(BIN)/synpain-hf install demo/demo-faces
	HF_HOME=demo/hf-home HF_HUB_OFFLINE=1 $(BIN)/python examples/load_pairs.py
	$(BIN)/python examples/show_demo_faces.py --out demo

# Bytecode is kept whatever the machine says: the tests start many programs, each of which would compile all it imports.
test test-all: export PYTHONDONTWRITEBYTECODE =

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

test-all: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term

fuzz: $(READY)
	for target in PICTURES ZIPS MANIFESTS RELEASES MODELS; do $(BIN)/python -m tests.fuzz $$target --seconds 12 || exit; done

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m tests.benchmarks.build
	$(BIN)/python -m tests.benchmarks.subgroups
	$(BIN)/python -m tests.benchmarks.coverage
	$(BIN)/python -m tests.benchmarks.chunks
	$(BIN)/python -m tests.benchmarks.loading

bench-gpu: $(READY)
	$(BIN)/python -m tests.benchmarks.gpu

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $(READY)

clean:
	rm -rf $(VENV) demo build dist
