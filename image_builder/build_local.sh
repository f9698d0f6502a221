#!/usr/bin/env bash
# Build a container image of a connector from its wheel. Works from any copy of this folder; README.md says more.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'TEXT'
Usage: build_local.sh [option ...]

Build an image of the connector whose wheel lies in bundle/ (stix_shifter_modules_<module>-<version>-….whl).

  -b, --base IMAGE    base image with Python 3.10 or newer and venv (default docker.io/library/python:3.12-slim)
  -w, --wheels DIR    folder with more wheels: core, utilities, what they need (default: bundle/ alone)
  -n, --name NAME     name of the image (default stix-shifter-<module>)
  -t, --tag TAG       tag of the image (default: the version of the connector)
  -e, --engine NAME   docker, podman or buildah (default: the first of them that works)
      --offline       fail rather than ask the package index for a wheel that is missing
  -h, --help          this text
TEXT
}

fail() {
  echo "build_local.sh: $1" >&2
  exit "${2:-2}"
}

base=docker.io/library/python:3.12-slim wheels='' name='' tag='' engine='' offline=auto
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --offline) offline=yes; shift; continue ;;
    -b | --base | -w | --wheels | -n | --name | -t | --tag | -e | --engine) ;;
    *) fail "unknown option $1 (see --help)" ;;
  esac
  [ $# -ge 2 ] || fail "$1 needs a value"
  case $1 in
    -b | --base) base=$2 ;;
    -w | --wheels) wheels=$2 ;;
    -n | --name) name=$2 ;;
    -t | --tag) tag=$2 ;;
    -e | --engine) engine=$2 ;;
  esac
  shift 2
done

shopt -s nullglob
connectors=("$here"/bundle/stix_shifter_modules_*.whl)
[ ${#connectors[@]} -gt 0 ] || fail "no connector in $here/bundle; put its wheel there: stix_shifter_modules_<module>-<version>-py2.py3-none-any.whl"
[ -z "$wheels" ] || [ -d "$wheels" ] || fail "there is no folder $wheels"
file=$(basename "${connectors[0]}")
module=${file#stix_shifter_modules_} && module=${module%%-*}
version=${file#*-} && version=${version%%-*}
[ ${#connectors[@]} -eq 1 ] || [ -n "$name" ] || fail "${#connectors[@]} connectors in $here/bundle; say what the image is called: --name"
name=${name:-stix-shifter-${module//_/-}}
tag=${tag:-${version//+/-}}

works() {
  command -v "$1" > /dev/null 2>&1 || return 1
  [ "$1" = buildah ] || "$1" info > /dev/null 2>&1
}
if [ -z "$engine" ]; then
  for candidate in docker podman buildah; do
    if works "$candidate"; then engine=$candidate && break; fi
  done
  [ -n "$engine" ] || fail "no container engine works here; install docker, podman or buildah" 1
fi
command -v "$engine" > /dev/null 2>&1 || fail "there is no $engine here" 1

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
mkdir "$context/bundle" "$context/wheels"
cp "$here"/{Dockerfile,install.sh,entrypoint.sh,health.py} "$context"
cp "$here"/bundle/*.whl "$context/bundle"
for wheel in ${wheels:+"$wheels"/*.whl}; do cp "$wheel" "$context/wheels"; done

options=(--build-arg "BASE=$base" --build-arg "OFFLINE=$offline" --build-arg "TITLE=$name" --build-arg "VERSION=$version" --tag "$name:$tag")
[ "$offline" != yes ] || [ "$engine" = buildah ] || options+=(--network none)
case $engine in
  docker) docker build "${options[@]}" "$context" ;;
  podman) podman build --format docker "${options[@]}" "$context" ;; # the format keeps the health check
  buildah) buildah bud --format docker "${options[@]}" "$context" ;;
  *) fail "unknown engine $engine; known: docker, podman, buildah" ;;
esac
echo "built $name:$tag with $engine"
