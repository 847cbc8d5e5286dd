#!/usr/bin/env sh
# Compose file, workflows and Dockerfile against their public schemas and a linter; nothing is fetched.
set -eu
bin=$1
cd "$(dirname "$0")/.."
"$bin/check-jsonschema" --builtin-schema vendor.compose-spec docker-compose.yml
"$bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
"$bin/yamllint" --strict -d "{extends: default, rules: {line-length: {max: 120}, document-start: disable, braces: {max-spaces-inside: 1}, truthy: {check-keys: false}}}" docker-compose.yml .github/workflows
"$bin/hadolint" --ignore DL3059 --ignore SC2086 deploy/Dockerfile
