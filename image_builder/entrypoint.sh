#!/bin/sh
# What the image runs: every command of stix-shifter, and `serve`, which is `host` with what is known here.
set -eu
bin=/opt/stix-shifter/bin/stix-shifter
if [ "${1:-}" != serve ]; then
  exec "$bin" "$@"
fi
shift
for name in $(cat /opt/stix-shifter/connectors.txt); do
  set -- "$@" --allow-connector "$name"
done
if [ -n "${STIX_SHIFTER_CERTIFICATE:-}" ]; then
  exec "$bin" host "${STIX_SHIFTER_IDENTITY:-{\}}" "${STIX_SHIFTER_HOST:-0.0.0.0}:$STIX_SHIFTER_PORT" \
    "$STIX_SHIFTER_CERTIFICATE" "${STIX_SHIFTER_KEY:-$STIX_SHIFTER_CERTIFICATE}" "$@"
fi
exec "$bin" host "${STIX_SHIFTER_IDENTITY:-{\}}" "${STIX_SHIFTER_HOST:-0.0.0.0}:$STIX_SHIFTER_PORT" "$@"
