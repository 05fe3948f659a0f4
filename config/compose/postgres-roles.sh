#!/bin/sh
# Runs once, when the data folder is made: Temporal gets a role of its own, which sees nothing of Doorbell's.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --set=password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'password';
REVOKE CONNECT ON DATABASE doorbell FROM PUBLIC;
SQL
