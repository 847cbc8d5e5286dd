#!/usr/bin/env sh
# Lock every dependency with hashes, universal over Python 3.11 to 3.14, without naming any index.
set -eu
cd "$(dirname "$0")/.."
compile() { # output, inputs and options...
  out=$1; shift
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
    --no-emit-find-links --no-annotate --output-file "requirements/$out.txt" "$@"
  # The workspace's own packages are installed from this tree, never from an index.
  echo "locked requirements/$out.txt"
}
own='--no-emit-package sepakat-shared --no-emit-package sepakat-document --no-emit-package sepakat-agreements --no-emit-package sepakat-metrics --no-emit-package sepakat-incidents --no-emit-package sepakat-notifier --no-emit-package sepakat-cli'
# shellcheck disable=SC2086  # several words on purpose
{
  for service in agreements metrics incidents notifier; do
    compile "$service" $own "services/$service/pyproject.toml" requirements/build.in
  done
  compile cli $own cli/pyproject.toml requirements/build.in
  compile dev $own --all-extras shared/pyproject.toml document/pyproject.toml cli/pyproject.toml services/agreements/pyproject.toml \
    services/metrics/pyproject.toml services/incidents/pyproject.toml services/notifier/pyproject.toml \
    requirements/build.in requirements/dev.in
  compile peers requirements/peers.in
}
echo "uv==$(uv --version | cut -d' ' -f2)" | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header --no-annotate --output-file requirements/uv.txt -
