#!/bin/sh
# Runs in the first stage of the Dockerfile: installs the connectors of the bundle, and what they need, into
# /opt/stix-shifter, without pip, and writes the bill of materials. OFFLINE: `yes` asks no index, `auto` only where a wheel is missing.
set -eu
target=/opt/stix-shifter
python3 -c 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else "the base image needs Python 3.10 or newer")'
python3 -m venv /tools
python3 -m venv --without-pip "$target"

tools() { /tools/bin/python -m pip --disable-pip-version-check --no-cache-dir "$@"; }

# Install from the wheels alone; only where that is not enough, and allowed, from the index.
from_wheels() { # the place, as options of pip; then what to install
  place=$1
  shift
  if tools $place install --quiet --no-index --find-links /bundle --find-links /wheels "$@"; then return; fi
  if [ "$OFFLINE" = yes ]; then
    echo "image: a wheel is missing (see above); put it into the wheel folder, or build without --offline" >&2
    exit 1
  fi
  echo "image: not all wheels are there; asking the package index for the others" >&2
  tools $place install --quiet --find-links /bundle --find-links /wheels "$@"
}

from_wheels "--python $target/bin/python" /bundle/stix_shifter_modules_*.whl 'stix-shifter[host]'
from_wheels "" 'cyclonedx-bom>=4,<8'
tools --python "$target/bin/python" check

for wheel in /bundle/stix_shifter_modules_*.whl; do
  name=${wheel#/bundle/stix_shifter_modules_}
  echo "${name%%-*}"
done | sort -u > "$target/connectors.txt"
/tools/bin/cyclonedx-py environment --output-reproducible --output-format JSON --mc-type application \
  --output-file "$target/sbom.cdx.json" "$target/bin/python"
chmod -R a+rX,go-w "$target"
