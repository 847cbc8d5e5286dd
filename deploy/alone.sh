#!/usr/bin/env sh
# What each image does, without an engine: every service from its own lock alone must start its program.
set -eu
cd "$(dirname "$0")/.."
bin=$(pwd)/$1
# uv is in .venv only where the machine had none.
uv=$(command -v uv || echo "$bin/uv")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for service in agreements metrics incidents notifier cli; do
  own="./shared ./services/$service"
  [ "$service" = cli ] && own="./shared ./services/metrics ./cli"
  "$uv" venv --quiet --python "$bin/python" "$work/$service"
  "$uv" pip install --quiet --python "$work/$service/bin/python" --require-hashes -r "requirements/$service.txt"
  # shellcheck disable=SC2086  # several words on purpose
  "$uv" pip install --quiet --python "$work/$service/bin/python" --no-deps --no-build-isolation $own
  if [ "$service" = cli ]; then
    "$work/cli/bin/sepakat" --help > /dev/null
  else
    "$work/$service/bin/python" -c "import sepakat_$service.app"
  fi
  echo "$service stands alone"
done
