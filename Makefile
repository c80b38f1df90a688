# What a developer runs. Each target first installs what is missing (requirements/install.sh), quick where nothing is.
#
#   make demo       the town on this machine; ARGS="--auto --visits 20 --out out/papers" for the form without a person
#   make test       one representative of everything that must pass; 15 minutes on two cores
#   make test-long  the same and the whole matrices and long counts
#   make test-faults  real processes under real faults, with their counts; as root, or what needs it is skipped
#   make relay      konbini bench relay, with the two packages that only it needs; ARGS="--json --idle 2000"
#   make fuzz       every decoder, ten minutes each; SECONDS, WORKERS, TARGETS="codec notes" for another time, pace, choice
#   make check      lint, formatting, types, import contracts
#   make lock       writes the hash-pinned locks anew from pyproject.toml and requirements/*.in

MAKEFLAGS += --no-print-directory
# One more than cores: whole visits wait more than they compute.
WORKERS ?= 3
ARGS ?=
# No reordering by size: tests/conftest.py begins with what is longest.
PYTEST = .venv/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
COMPILE = out/lock/bin/pip-compile --quiet --strip-extras --generate-hashes --no-header --no-annotate --allow-unsafe \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

# Of fuzzing, for each target (tests/fuzz/targets.py).
SECONDS ?= 600
TARGETS ?=

.PHONY: demo test test-long test-faults fuzz relay check lock install

demo: install
	@.venv/bin/konbini demo $(ARGS)

test: install
	@$(PYTEST) -m "not long"

test-long: install
	@$(PYTEST)

relay:
	@requirements/install.sh --with relay-packages.txt
	@.venv/bin/konbini bench relay $(ARGS)

test-faults: install
	@$(PYTEST) -m faults

fuzz: install
	@.venv/bin/python -m tests.fuzz.run --seconds $(SECONDS) --workers $(WORKERS) $(TARGETS)

check: install
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

lock:
	@test -x out/lock/bin/python || python3 -m venv out/lock
	@out/lock/bin/pip --quiet install --require-hashes -r requirements/lock.txt
	@$(COMPILE) --output-file requirements/lock.txt requirements/lock.in
	@$(COMPILE) --output-file requirements/build.txt requirements/build.in
	@$(COMPILE) --all-extras --output-file requirements/all.txt pyproject.toml

install:
	@requirements/install.sh
