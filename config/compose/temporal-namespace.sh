#!/bin/sh
# Makes the namespace and the search attributes that orders are found by. Safe to repeat.
set -eu
: "${TEMPORAL_NAMESPACE:?}" "${TEMPORAL_ADDRESS:?}"

until temporal operator cluster health >/dev/null 2>&1; do sleep 1; done

temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 \
  || temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 720h

# A new namespace is known everywhere after some seconds only.
until present=$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE"); do sleep 1; done
for attribute in phase=Keyword city=Keyword needs_ops=Bool; do
  name=${attribute%=*}
  echo "$present" | grep -qw "$name" \
    || temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type "${attribute#*=}"
done
