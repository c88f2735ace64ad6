# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the image postgres starts: a PostgreSQL whose folder, PGDATA, is made where there is none, with the
# role PGUSER (PGPASSWORD), who owns the database PGDATABASE. Arguments are the server's.
# The superuser is postgres, without a password, and only on the socket, PGHOST.

umask 077
new=$PGDATA.new # until it is whole
if [ ! -e "$PGDATA/PG_VERSION" ]; then
	: "${PGUSER:?}" "${PGPASSWORD:?}" "${PGDATABASE:?}"
	rm -rf "$new"
	initdb -D "$new" -U postgres --auth-local=peer --auth-host=scram-sha-256 -E UTF8 --locale=C
	echo "host all all all scram-sha-256" >>"$new/pg_hba.conf"
	role=${PGUSER//\"/\"\"} password=${PGPASSWORD//\'/\'\'} database=${PGDATABASE//\"/\"\"}
	# One statement a line. Its output, a prompt, is of no use; errors are on the other one, without the password.
	postgres --single -D "$new" -c exit_on_error=on -c log_min_error_statement=panic postgres >/dev/null <<-EOF
		CREATE ROLE "$role" LOGIN PASSWORD '$password'
		CREATE DATABASE "$database" OWNER "$role"
	EOF
	mv -T "$new" "$PGDATA"
	sync "${PGDATA%/*}"
fi
chmod 700 "$PGDATA" # a volume's group may have been let in, and then it does not start
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories="$PGHOST" "$@"
