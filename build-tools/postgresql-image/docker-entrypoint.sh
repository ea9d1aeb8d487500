#!/bin/sh
# Makes the database that POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB name, then runs the server. Testcontainers waits for
# its "ready to accept connections" twice, as the official image says it: once for the preparation, once for good.
set -eu
PATH=/usr/lib/postgresql/15/bin:$PATH
data=/var/lib/postgresql/data
user=${POSTGRES_USER:-postgres}

if [ ! -s $data/PG_VERSION ]; then
  printf '%s\n' "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}" >/tmp/password
  initdb -D $data -U "$user" --pwfile=/tmp/password --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
  export PGPASSWORD=$POSTGRES_PASSWORD
  rm /tmp/password
  echo 'host all all all scram-sha-256' >>$data/pg_hba.conf
  pg_ctl -D $data -w -o '-c listen_addresses= -k /tmp' start
  [ "${POSTGRES_DB:-postgres}" = postgres ] || createdb -h /tmp -U "$user" "$POSTGRES_DB"
  pg_ctl -D $data -w -m fast stop
fi
[ "$1" = postgres ] || exec "$@"
shift
exec postgres -D $data -c listen_addresses='*' -k /tmp "$@"
