# Shared by the benchmarks: a private server with the extension, TPC-H's tables as
# text, DuckDB, figures with bounds.  WORK is the directory all this is in.

. "$(dirname "${BASH_SOURCE[0]}")/../script/lib.sh"
TABLES=(region nation supplier part partsupp customer orders lineitem)

# Build and install the extension; with --installed, take what is.
prepare_server() {
	install_build_deps
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/redshift_ext-bench.XXXXXX")
	chmod 755 "$WORK"
	trap cleanup EXIT
	BENCH=$ROOT/bench
	if [ "${1:-}" != --installed ]; then
		build_and_install "$WORK/src"
		BENCH=$WORK/src/bench
	fi
	gcc -O2 -o "$WORK/generate" "$BENCH/tpch/generate.c"
	mkdir "$WORK/tables"
}
# The same, and what the benchmarks need beside it.
prepare() {
	prepare_server
	command -v npm >/dev/null || install_packages npm
	(cd "$BENCH" && npm install --silent --no-audit --no-fund >/dev/null)
}
cleanup() {
	as_server_user "$BINDIR/pg_ctl" -D "$WORK/data" -m immediate stop >/dev/null 2>&1 || true
	[ -z "${PAGES_BEFORE:-}" ] || echo "$PAGES_BEFORE" >$HUGE_PAGES
	rm -rf "$WORK"
}

# Huge pages for the server's shared memory, as PostgreSQL's manual asks for where that is
# large, if RESERVE_HUGE_PAGES is set; given back when done.  Without the right to reserve
# them there are none.
HUGE_PAGES=/proc/sys/vm/nr_hugepages
reserve_huge_pages() {
	local need
	need=$(as_server_user "$BINDIR/postgres" -D "$WORK/data" -C shared_memory_size_in_huge_pages 2>/dev/null) || true
	if [ -w $HUGE_PAGES ] && [ "${need:--1}" -gt 0 ]; then
		PAGES_BEFORE=$(cat $HUGE_PAGES)
		echo $((PAGES_BEFORE + need)) >$HUGE_PAGES || true
	fi
}

start_server() { # more of postgresql.conf from standard input
	PORT=$(free_port)
	[ "$(id -u)" != 0 ] || chown -R postgres "$WORK"
	as_server_user "$BINDIR/initdb" -D "$WORK/data" -U postgres -A trust >/dev/null
	cat >>"$WORK/data/postgresql.conf" <<-CONF
		shared_preload_libraries = 'redshift_ext'
		unix_socket_directories = '$WORK'
		listen_addresses = ''
		port = $PORT
		shared_buffers = 2GB
		max_wal_size = 16GB
		checkpoint_timeout = 1h
		autovacuum = off
		jit = off
		$(cat)
	CONF
	[ -z "${RESERVE_HUGE_PAGES:-}" ] || reserve_huge_pages
	as_server_user "$BINDIR/pg_ctl" -D "$WORK/data" -l "$WORK/log" -w start >/dev/null
	sql "CREATE EXTENSION redshift_ext"
}

client() { as_server_user "$BINDIR/psql" -X -q -At -v ON_ERROR_STOP=1 -h "$WORK" -p "$PORT" -U postgres "$@" postgres; }
sql() { client -c "$1"; }
duckdb() { node "$BENCH/duckdb.js" "$WORK/duck.db" "$@"; }

median() { sort -n | awk '{t[NR] = $1} END {print t[int((NR + 1) / 2)]}'; }
# The median of the times psql prints.
median_ms() { sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | median; }
seconds() { # of a command
	local start
	start=$(date +%s.%N)
	"$@" >/dev/null || return 1
	echo "$(date +%s.%N) $start" | awk '{printf "%.2f\n", $1 - $2}'
}

# A figure that could not be measured breaks its bound.
broken=0
figure() { # name, ours, peer, unit, relation, bound
	awk -v n="$1" -v a="$2" -v b="$3" -v u="$4" -v r="$5" -v bound="$6" 'BEGIN {
		ratio = b > 0 ? a / b : a; ok = r == "<=" ? ratio <= bound : ratio >= bound
		ok = ok && a + 0 > 0 && b != ""
		printf "%-44s %12s %12s %-8s %8.3f  %s %-6s %s\n", n, a, b, u, ratio, r, bound, ok ? "ok" : "BROKEN"
		exit !ok }' || broken=1
}
figure_heads() { printf '%-44s %12s %12s %-8s %8s\n' figure ours peer unit ratio; }
