#!/usr/bin/env sh
# make .venv from the hashed locks: setup.sh PYTHON VENV [-e PACKAGE]...
set -eu
python=$1; venv=$2; shift 2
"$python" - <<'PY' || exit 1
import sys
if sys.version_info < (3, 11):
    sys.exit(f"Sepakat needs Python 3.11 or newer, this is {sys.version.split()[0]}; say which with: make setup PYTHON=python3.12")
PY
started=$(date +%s)
if command -v uv >/dev/null 2>&1; then
  uv=uv
  [ -x "$venv/bin/python" ] || uv venv --quiet --python "$python" "$venv"
else
  [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
  echo "setup: uv is not here; installing it into $venv from its lock"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
  uv="$venv/bin/uv"
fi
echo "setup: installing the locked packages into $venv"
"$uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements/dev.txt
"$uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation "$@"
# Imported once with bytecode written: where the environment forbids that, every start would compile everything anew.
PYTHONDONTWRITEBYTECODE='' "$venv/bin/python" -c 'import importlib
for name in ("agreements.app", "metrics.app", "incidents.app", "notifier.app", "cli.__main__",
             "cli.demo"):
    importlib.import_module(f"sepakat_{name}")'
echo "setup: $venv is ready after $(( $(date +%s) - started )) s"
