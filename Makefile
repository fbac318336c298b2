# Every command a tutor or an engineer needs. `make help` lists them.

SHELL := /bin/sh
PYTHON ?= python3
# For a proxy that inspects TLS: the build also trusts the certificate authorities in this bundle.
CA_BUNDLE ?= $(or $(SSL_CERT_FILE),/dev/null)
export CA_BUNDLE

VENV := .venv
BIN := $(VENV)/bin
SOURCES := src tools tests benchmarks docs
SITE := artifacts/docs

.DEFAULT_GOAL := help

##@ Tutors

.PHONY: up
up: engine ## start the lab, print its address and how to sign in: [PORT=…] [HTTP_PORT=…] [CLASS=…]
	@$(PYTHON) -m tools.up

.PHONY: check
check: engine ## check the configuration without a start, also with GitHub; print errors and warnings
	@$(PYTHON) -m tools.check

.PHONY: down
down: own-class ## stop the lab; everybody's work stays on the volume
	@docker compose down

.PHONY: logs
logs: own-class ## follow the lab's log
	@docker compose logs --follow --tail 100

.PHONY: users
users: running-class ## list allowed users, and show who is online
	@docker compose exec --no-TTY classroom classroom users

.PHONY: labs
labs: running-class ## list the labs besides the class's
	@docker compose exec --no-TTY classroom classroom labs

.PHONY: lab
lab: running-class ## start, stop or delete such a lab; a deleted lab leaves a snapshot: NAME=… DO=start|stop|delete
	@docker compose exec --no-TTY classroom classroom lab "$(DO)" "$(NAME)"

.PHONY: egress
egress: running-class ## show what the egress lock has refused
	@docker compose exec --no-TTY --user egress classroom classroom egress

.PHONY: snapshots
snapshots: running-class ## list the snapshots of everybody's files, or of one person's lab: [LAB=…]
	@docker compose exec --no-TTY classroom classroom snapshots --lab "$(LAB)"

.PHONY: restore
restore: running-class ## restore everything from a snapshot, or one file or folder: SNAPSHOT=… [FILE=…] [LAB=…]
	@docker compose exec --no-TTY classroom classroom restore --lab "$(LAB)" "$(SNAPSHOT)" "$(FILE)"

.PHONY: backup
backup: own-class ## write all data of the class into a file, also while the lab runs: FILE=…
	@$(PYTHON) -m tools.backup save "$(FILE)"

.PHONY: restore-backup
restore-backup: engine own-class ## restore the data from a backup's file, here or on another machine: FILE=…
	@$(PYTHON) -m tools.backup restore "$(FILE)"

.PHONY: invitations
invitations: own-class ## write a sheet with everybody's personal link: FILE=… [RENEW=name] [ADDRESS=…]
	@$(PYTHON) -m tools.invitations "$(FILE)" --renew "$(RENEW)" --address "$(ADDRESS)"

.PHONY: school
school: engine venv ## run many classes on a Docker Swarm: [SCHOOL=school.yml] [DO=status]
	@$(BIN)/python -m tools.school --file "$(or $(SCHOOL),school.yml)" $(or $(DO),up)

.PHONY: sign-in
sign-in: own-class ## print the address and how to sign in
	@$(PYTHON) -m tools.up --only-say

##@ Engineers

.PHONY: build
build: engine ## build the image
	docker compose build

.PHONY: test
test: test-unit test-labextension test-labs ## install what is needed, and run all tests but those of test-school and test-kubernetes

.PHONY: test-unit
test-unit: venv ## run the tests without containers
	$(BIN)/pytest tests/unit tests/upstream

.PHONY: test-labextension
test-labextension: engine ## run the labextension's own tests, in a stage of the image's build
	docker build --progress plain --target labextension-test --secret id=ca,src=$(CA_BUNDLE) .

.PHONY: test-labs
test-labs: build venv browser | test-unit ## run the tests of the image, also in Chromium
	$(BIN)/python -m tools.suite

.PHONY: test-school
test-school: export TESTCONTAINERS_RYUK_DISABLED := true
test-school: build venv ## run the tests of many classes, on three engines that are a swarm (as root; fifteen minutes)
	$(BIN)/python -m pytest --durations=10 tests/swarm

.PHONY: test-kubernetes
test-kubernetes: export TESTCONTAINERS_RYUK_DISABLED := true
test-kubernetes: build venv ## run the tests of classes in Kubernetes pods (needs privileged containers)
	$(BIN)/python -m pytest --durations=10 tests/kubernetes

.PHONY: lint
lint: lint-code lint-docs lint-image ## check style, types, documentation, labextension, Dockerfile and rules

.PHONY: lint-code
lint-code: venv
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	PYTHONPATH=src $(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile benchmarks/page_load/old/Dockerfile benchmarks/labs/stock/Dockerfile
	$(BIN)/shellcheck .ci/run

.PHONY: lint-docs
lint-docs: venv
	$(BIN)/sphinx-build --quiet --builder html --fail-on-warning --keep-going docs $(SITE)
	@! grep --recursive --extended-regexp --files-with-matches --include='*.html' \
	    '<(script|img|link|iframe)[^>]* (src|href)="(https?:)?//' $(SITE) \
	    || { echo "these pages load something from another host" >&2; exit 1; }

.PHONY: lint-image
lint-image: build venv
	docker build --quiet --target labextension-lint --secret id=ca,src=$(CA_BUNDLE) .
	PYTHONPATH=src $(BIN)/python -m tools.check_rules

.PHONY: docs
docs: lint-docs ## build the documentation as a site of HTML pages
	@echo "Open $(CURDIR)/$(SITE)/index.html in a browser."

.PHONY: screenshots
screenshots: build venv browser ## take the documentation's pictures again, in a real lab
	$(BIN)/python -m tools.screenshots

.PHONY: format
format: venv ## format the Python code
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

.PHONY: bench
bench: export TESTCONTAINERS_RYUK_DISABLED := true
bench: build venv browser ## compare with the old recipe and stock rooms, kernels and labs; write docs/performance.md
	$(BIN)/python -m tools.browser chromium
	PYTHONPATH=src $(BIN)/python -m benchmarks

.PHONY: bench-school
bench-school: export TESTCONTAINERS_RYUK_DISABLED := true
bench-school: build venv ## measure six classes on three engines that are a swarm (as root; fifteen minutes)
	PYTHONPATH=src $(BIN)/python -m benchmarks school

.PHONY: soak
soak: export TESTCONTAINERS_RYUK_DISABLED := true
soak: build venv ## let people type while processes are killed; FILES=1: while files change; LESSON=1: for an hour
ifdef FILES
	PYTHONPATH=src $(BIN)/python -m benchmarks.files $(SOAK)
else ifdef LESSON
	PYTHONPATH=src $(BIN)/python -m benchmarks.lesson $(SOAK)
else
	PYTHONPATH=src $(BIN)/python -m benchmarks.soak $(SOAK)
	PYTHONPATH=src $(BIN)/python -m benchmarks.kills $(KILLS)
endif

.PHONY: translations
translations: venv ## copy the code's sentences into the catalogues of locale/; list what to translate
	@PYTHONPATH=src $(BIN)/python -m tools.translations

.PHONY: lock
lock: venv ## write current releases into requirements/*.txt
	$(BIN)/uv pip compile $(LOCK) --python-version $(IMAGE_PYTHON) --override requirements/overrides.txt \
	    requirements/image.in --output-file requirements/image.txt
	$(BIN)/uv pip compile $(LOCK) --python-version $(IMAGE_PYTHON) \
	    requirements/build.in --output-file requirements/build.txt
	$(BIN)/uv pip compile $(LOCK) --python-version 3.11.5 \
	    requirements/dev.in --output-file requirements/dev.txt
	@$(PYTHON) -m tools.bump --versions-only
IMAGE_PYTHON = $(shell sed -n 's/^ARG PYTHON=//p' Dockerfile)
LOCK := --quiet --upgrade --universal --generate-hashes --no-annotate \
    --custom-compile-command "make lock"

.PHONY: bump
bump: venv ## write the newest releases into every lock file, print the changes, test (BUMP=--until-tests: no tests)
	@$(PYTHON) -m tools.bump $(BUMP)

.PHONY: release
release: engine venv ## make a release in this clone, publish nothing: VERSION=1.2.0
	@$(BIN)/python -m tools.cut_release "$(VERSION)"

.PHONY: images
images: engine ## build a release's images for each processor: [IMAGE=…] [OUTPUT=type=registry]
	@$(PYTHON) -m tools.images

.PHONY: clean
clean: ## remove files of tests and tools from this folder
	rm -rf $(VENV) artifacts .mypy_cache .pytest_cache .ruff_cache .hypothesis

##@ Set-up (other commands call these)

.PHONY: engine
engine: ## install a Docker engine and the base image, if missing
	@$(PYTHON) -m tools.engine
	@$(PYTHON) -m tools.base_image

.PHONY: own-class
own-class: ## refuse a command that would reach another folder's class
	@$(PYTHON) -m tools.classes

.PHONY: running-class
running-class: ## refuse such a command, and any command while the lab does not run
	@$(PYTHON) -m tools.classes --running

.PHONY: venv
venv: $(VENV)/.complete ## create the Python environment for tests and tools
$(VENV)/.complete: requirements/dev.txt
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.PHONY: browser
browser: venv | engine ## install Chromium, if missing
	@$(BIN)/python -m tools.browser

.PHONY: help
help: ## list these commands
	@awk 'BEGIN {FS = ":.*## "} \
	    /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	    /^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
