# txt2vid_ros without a ROS installation. `make live` shows it; `make test` checks it.
# On a ROS installation use colcon, see the README.

VENV := .venv
PYTHON_IN := $(VENV)/bin/python
# What `make live` says; any option of `txt2vid live` may follow: make live ARGS='--face me.jpg'
SAY ?= Hello! I am a talking head. Only text was sent to me; my voice and my face are made here.
ARGS ?=
# Where `ip` and `tc` are, for those who are not root.
export PATH := $(PATH):/usr/sbin:/sbin
# Tests: how many at a time, and what else pytest is told. On two cores a third test runs while
# others wait for what happens in real time; test/conftest.py says in which order.
JOBS ?= 3
PYTEST := -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
PYTEST_ARGS ?=

.PHONY: help live setup setup-test wav2lip test lint style ament types pytest coverage fuzz bench lock clean

help:
	@echo 'make live    set up once, start the talking head, say how to watch and speak'
	@echo 'make test    set up once, then lint, type check and all tests'
	@echo 'make lint    lint and type check only'
	@echo 'make coverage  all tests, and which lines they run'
	@echo 'make bench   measure; BENCH=sync, latency, web, barge_in, graph, face ...'
	@echo 'make setup   set up only'
	@echo 'make wav2lip set up, with what Wav2Lip needs beside its weights'
	@echo 'make lock    resolve requirements/*.in again'
	@echo 'make clean   remove everything that make has made, models excepted'

live: setup
	@$(VENV)/bin/txt2vid live $(if $(findstring --mode audio,$(ARGS)),,--say "$(SAY)") $(ARGS)

setup:
	@tools/setup.sh live

setup-test:
	@tools/setup.sh test

wav2lip:
	@tools/setup.sh wav2lip

# What takes a second comes first. Types and ament's rules are checked beside the tests, which leave
# some processor time: one after the other, each by one process.
test: style
	@$(MAKE) --no-print-directory --jobs=2 pytest types ament

lint: style ament types

style: setup-test
	$(VENV)/bin/ruff check .
	$(PYTHON_IN) -m pip check
	$(PYTHON_IN) tools/audit.py
	$(PYTHON_IN) tools/wheels.py
	@if command -v shellcheck > /dev/null; then shellcheck tools/*.sh .ci/run; fi

ament: setup-test
	$(VENV)/bin/flake8 --jobs 1

types: setup-test
	$(if $(filter no,$(TORCH)),@echo 'types are not checked without torch',$(VENV)/bin/mypy)

pytest: setup-test
	$(PYTHON_IN) $(PYTEST) $(PYTEST_ARGS)

# Which lines the tests run, at least 95 in 100; apart from `make test`, as it costs two thirds more
# processor time. The data files are one a process; those of an earlier run would count too.
coverage: setup-test
	$(VENV)/bin/coverage erase
	$(VENV)/bin/coverage run $(PYTEST) $(PYTEST_ARGS)
	$(VENV)/bin/coverage combine --quiet
	$(VENV)/bin/coverage report

# A million hostile datagrams against the link; ARGS='TARGET' is another parser of bytes from
# outside (ARGS='--list'), ARGS='TARGET --atheris' lets coverage guide it.
fuzz: setup-test
	$(if $(findstring atheris,$(ARGS)),$(PYTHON_IN) -m pip install --quiet --require-hashes \
	  --requirement requirements/fuzz.txt)
	$(PYTHON_IN) tools/fuzz.py $(ARGS)

BENCH ?= latency
bench: $(if $(filter lipsync,$(BENCH)),wav2lip,setup)
	$(VENV)/bin/txt2vid bench $(BENCH) $(ARGS)

lock:
	tools/lock.sh

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
