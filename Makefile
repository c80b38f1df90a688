# What a developer runs. Each target first installs what is missing (requirements/install.sh), quick where nothing is.
#
#   make demo       the town on this machine; ARGS="--auto --visits 20 --out out/papers" for the form without a person
#   make test       one representative of everything that must pass; 24 minutes on two cores, aimed at 15
#   make test-long  the same and the whole matrices and long counts
#   make check      lint, formatting, types, import contracts
#   make lock       writes the hash-pinned locks anew from pyproject.toml and requirements/*.in

MAKEFLAGS += --no-print-directory
WORKERS ?= 2
ARGS ?=
# No reordering by size: tests/conftest.py begins with what is longest.
PYTEST = .venv/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
COMPILE = out/lock/bin/pip-compile --quiet --strip-extras --generate-hashes --no-header --no-annotate --allow-unsafe \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

.PHONY: demo test test-long check lock install

demo: install
	@.venv/bin/konbini demo $(ARGS)

test: install
	@$(PYTEST) -m "not long"

test-long: install
	@$(PYTEST)

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
