# Two commands matter: `make lab` to learn, `make test` to check. `make help` lists the rest.
# Each makes what it needs in .venv/ first, and a second run installs nothing again.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PINNED := --constraint constraints.txt
# To compile all that is installed takes a third of an installation's time. Python compiles what it imports, and keeps
# it for the next process, of which the tests start a hundred.
PINNED += --no-compile
unexport PYTHONDONTWRITEBYTECODE

# cpu or cuda; without a word the build that is installed stays.
TORCH ?= $(or $(patsubst $(VENV)/.torch-%,%,$(firstword $(wildcard $(VENV)/.torch-*))),cpu)
TORCH_INDEX := https://download.pytorch.org/whl/cpu

# A chapter or more for `make notebooks`, for example NB=01 or NB="01 02".
NB ?=
# Further words for JupyterLab, for example LABFLAGS=--no-browser.
LABFLAGS ?=
HINTS ?= first
# Which lecture, and further words for it, for example LECTUREFLAGS=--no-browser.
DECK ?= 45
LECTUREFLAGS ?=

COURSE := $(BIN)/python -m lite_mamba.course

# PyTorch's threads look for work for some ten microseconds and then sleep: lite_mamba/course/waiting.py says why.
ifeq ($(OMP_WAIT_POLICY)$(GOMP_SPINCOUNT),)
export OMP_WAIT_POLICY := PASSIVE
export GOMP_SPINCOUNT := 1000
endif

ifeq ($(filter $(TORCH),cpu cuda),)
$(error TORCH is "$(TORCH)"; it can be cpu or cuda)
endif

.DEFAULT_GOAL := help
.PHONY: help lab lecture slides test test-all notebooks handout site dist figures glossary bench format install torch-index clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20
	@echo
	@echo '  PYTHON=python3.12 chooses the interpreter for a new .venv (3.10 or newer).'
	@echo '  TORCH=cuda installs the GPU build of PyTorch (several GB) instead of the CPU build.'

lab: $(VENV)/.course ## fill work/ with the course and open it in JupyterLab
	@$(COURSE) lab work $(LABFLAGS)

lecture: $(VENV)/.course ## show a lecture in the browser (DECK=45, 90, or a chapter: DECK=06)
	@$(COURSE) lecture --deck $(DECK) $(LECTUREFLAGS)

slides: lecture

test: $(VENV)/.test ## check style, package, checks, every cell, and the first notebook in the browser
	@bash tools/run_tests.sh $(BIN) quick

test-all: $(VENV)/.test ## all of that, and each chapter's answers and figures, the kits, all in the browser
	@bash tools/run_tests.sh $(BIN) all

notebooks: $(VENV)/.test ## execute the notebooks in place (NB=01 for one chapter)
	@$(BIN)/python tools/execute_notebooks.py $(NB)

handout: $(VENV)/.course ## write handout/: notebooks for students, and solved ones (HINTS=none, first or all)
	@$(COURSE) handout handout --hints $(HINTS)

site: $(VENV)/.course ## write site/: the course as pages with recorded figures, for any browser
	@$(COURSE) site site

dist: $(VENV)/.test ## build wheel and source distribution (URL= the address of the repository)
	@$(BIN)/python tools/release.py --url "$(URL)"

figures: $(VENV)/.course ## draw the pictures in figures/ anew
	@$(BIN)/python tools/make_figures.py
	@$(BIN)/python tools/make_moving_picture.py
	@$(BIN)/python benchmarks/plot.py
	@$(BIN)/python benchmarks/paper_model.py

glossary: $(VENV)/.course ## write notebooks/glossary.ipynb from its list
	@$(BIN)/python tools/write_glossary.py

bench: $(VENV)/.test ## run the benchmarks
	@set -e; for bench in scan block step training slider_latency; do bench=benchmarks/$$bench.py; echo "== $$bench"; $(BIN)/python "$$bench"; done

format: $(VENV)/.test ## mend style in package, tests and notebooks
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

install: $(VENV)/.test ## make .venv with everything in it, and stop there

torch-index: ## print the address of PyTorch's CPU wheels, for an install by hand
	@echo $(TORCH_INDEX)

clean: ## remove .venv and what tests left; work/ stays
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis *.egg-info

# One stamp a step. The order is: interpreter, PyTorch, course, tests.

$(VENV)/.python:
	@command -v $(PYTHON) > /dev/null || { echo "There is no $(PYTHON) here. Name one: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "lite-mamba needs Python 3.10 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "Name a newer one: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "$(PYTHON) cannot make an environment. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@

# The CPU build comes from an index of PyTorch's own, asked for this one package only. pip would wait long for an
# index that does not answer, so a short question goes first. What PyTorch needs, and PyTorch itself elsewhere, comes
# with the course: each call of pip looks at everything anew.
$(VENV)/.torch-$(TORCH): $(VENV)/.python constraints.txt
	@if ls $(VENV)/.torch-* > /dev/null 2>&1 && ! ls $@ > /dev/null 2>&1; then $(PIP) uninstall --quiet --yes torch; fi
	@rm -f $(VENV)/.torch-*
	@if [ "$(TORCH)" = cpu ] && [ "$$(uname)" = Linux ]; then \
	  if $(BIN)/python -c "import urllib.request as r; r.urlopen('$(TORCH_INDEX)/torch/', timeout=5)" 2> /dev/null; \
	  then echo "Installing PyTorch (CPU build)."; $(PIP) install --no-deps $(PINNED) --extra-index-url $(TORCH_INDEX) torch; \
	  else echo "PyTorch's CPU index cannot be reached. pip's own index is used; its build may be the large one."; fi; \
	fi
	@touch $@

# An editable installation puts neither configuration nor extensions of Jupyter in their places.
$(VENV)/.course: $(VENV)/.torch-$(TORCH) pyproject.toml
	@echo "Installing lite-mamba and JupyterLab, which takes a minute or two."
	@$(PIP) install --quiet $(PINNED) --editable ".[course]"
	@mkdir -p $(VENV)/etc/jupyter/jupyter_server_config.d
	@cp lite_mamba_jupyter/lite_mamba_jupyter.json $(VENV)/etc/jupyter/jupyter_server_config.d/
	@mkdir -p $(VENV)/share/jupyter
	@cp -r lite_mamba_jupyter/labextensions $(VENV)/share/jupyter/
	@touch $@

$(VENV)/.test: $(VENV)/.course
	@echo "Installing what the tests need."
	@$(PIP) install --quiet $(PINNED) --editable ".[course,test,browser]"
	@touch $@
