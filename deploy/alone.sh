#!/usr/bin/env sh
# What each image does, without an engine: from its own lock alone every service must start by what the image calls.
set -eu
cd "$(dirname "$0")/.."
bin=$(pwd)/$1
# uv is in .venv only where the machine had none.
uv=$(command -v uv || echo "$bin/uv")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

starts() { # interpreter, service
  if [ "$2" = cli ]; then
    "$1" -m sepakat_cli --help > /dev/null
    return
  fi
  # Without settings it must end, and say in a sentence which one is missing: it has imported all of itself by then.
  said=$(env -u SEPAKAT_KAFKA -u SEPAKAT_MONGO "$1" -m "sepakat_$2" 2>&1) && return 1
  case $said in *SEPAKAT_KAFKA:*) ;; *) echo "$said" >&2; return 1 ;; esac
}

for service in agreements metrics incidents notifier cli; do
  own="./shared ./services/$service"
  case $service in agreements|incidents) own="$own ./document" ;; esac
  [ "$service" = cli ] && own="./shared ./document ./services/metrics ./cli"
  "$uv" venv --quiet --python "$bin/python" "$work/$service"
  "$uv" pip install --quiet --python "$work/$service/bin/python" --require-hashes -r "requirements/$service.txt"
  # shellcheck disable=SC2086  # several words on purpose
  "$uv" pip install --quiet --python "$work/$service/bin/python" --no-deps --no-build-isolation $own
  starts "$work/$service/bin/python" "$service"
  echo "$service stands alone"
done
