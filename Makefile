# make run · make quick · make test · make check · make coverage · make fuzz · make evidence · make train · make tour · make bench
# Without make: python -m venv .venv; .venv/bin/pip install -c constraints.txt -e ".[maps]"; .venv/bin/python main.py

PYTHON ?= python3
BIN := .venv/bin
MODEL ?= mnist/vae
JOBS ?= auto
SEED := $(shell date +%s)
DISPLAYLESS := QT_QPA_PLATFORM=offscreen
# a file's tests run in one process: they share the models they opened
TESTS := $(DISPLAYLESS) $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile
FUZZ = GENSCOPE_FUZZ=650 OMP_NUM_THREADS=1 $(DISPLAYLESS) $(BIN)/python -m pytest -s \
	--hypothesis-seed=$(SEED) -k "not failed_once"

.PHONY: run quick test check coverage fuzz train evaluate evidence tour bench strings wheel clean

run: .venv/ready-to-run
	$(BIN)/python main.py

# Checks run beside the tests, which are the longer; what they find is said at the end.
test: .venv/ready
	$(MAKE) --no-print-directory check > .venv/check.txt 2>&1 & checks=$$!; \
	$(TESTS) --durations 20; code=$$?; \
	wait $$checks || code=1; cat .venv/check.txt; exit $$code

# Under a minute: no shipped model, no window as a whole. The files stand in tests/quick.txt.
quick: .venv/ready
	$(BIN)/ruff check .
	$(TESTS) $$(cat tests/quick.txt)

# The share of lines of app, engines and widgets that the tests reach.
coverage: .venv/ready
	$(DISPLAYLESS) $(BIN)/python -m coverage erase
	$(DISPLAYLESS) $(BIN)/python -m coverage run -m pytest --numprocesses $(JOBS) --dist loadfile
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --format total

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# 20,000 cases, others each time. What fails is written to tests/kept/, where it stays a test.
fuzz: .venv/ready
	@echo "seed $(SEED); the same cases again: make fuzz SEED=$(SEED)"
	$(FUZZ) tests/engines/outside/test_fuzz.py & models=$$!; \
	$(FUZZ) $(addsuffix /test_fuzz.py,tests/engines/data tests/app/recipes tests/app/command); \
	code=$$?; wait $$models && exit $$code

# make train MODEL=moons/flow TRAINING="--steps 2000 --resume"
train: .venv/ready
	$(BIN)/python -m engines.training $(MODEL) $(TRAINING)
	$(BIN)/python -m engines.training evaluate $(MODEL)

evaluate: .venv/ready
	$(BIN)/python -m engines.training evaluate $(MODEL)

# What CI asks with few draws, asked with many: hours. Writes docs/finite.md, docs/round-trips.md
# and docs/classifiers.md, and goes on from the rows that are there.
evidence: .venv/ready
	$(BIN)/python -m engines.training finite
	$(BIN)/python -m engines.training round-trips
	$(BIN)/python -m engines.training classifiers
	$(DISPLAYLESS) $(BIN)/python -m pytest -m evidence

tour: .venv/ready
	$(DISPLAYLESS) $(BIN)/python -m tests.tour

bench: .venv/ready
	$(DISPLAYLESS) $(BIN)/python -m tests.benchmarks

# Every string that a person can read, with its place.
strings: .venv/ready
	$(DISPLAYLESS) $(BIN)/python -m tests.strings

# Builds the wheel, installs it into a fresh environment in build/, starts the window, draws.
wheel: .venv/ready
	$(BIN)/python -m tests.wheel

# Two sets in one environment: what the window uses of pictures, points and tables, and what
# tests and checks need.
.venv/ready-to-run: WANTED := .[density,maps,tables]
.venv/ready: WANTED := .[dev]
# Nothing is compiled ahead of its first use: that takes a minute, and most of it is never used.
.venv/ready-to-run .venv/ready: pyproject.toml constraints.txt
	sh .ci/system-libraries
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable "$(WANTED)"
	touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
