#!/bin/sh
# Makes or updates Temporal's two databases. Safe to repeat: what is there already is left.
set -eu
export SQL_PASSWORD="$POSTGRES_PWD"

for database in temporal visibility; do
  name=temporal
  [ "$database" = visibility ] && name=temporal_visibility
  tool="temporal-sql-tool --plugin postgres12 --endpoint $POSTGRES_SEEDS --port 5432 --user $POSTGRES_USER --database $name"
  $tool create-database
  $tool setup-schema --version 0.0
  $tool update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$database/versioned"
done
