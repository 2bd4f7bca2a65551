# Shared by the scripts: what machine this is, who may do what, where servers live.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Servers refuse to run as root; then user postgres, whom the package makes, runs them.
as_server_user() {
	if [ "$(id -u)" = 0 ]; then
		runuser -u postgres -- env PATH="$PATH" "$@"
	else
		"$@"
	fi
}

# Install the Debian packages among the arguments that are missing.
install_packages() {
	local missing=() package
	for package in "$@"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
			missing+=("$package")
	done
	[ ${#missing[@]} = 0 ] && return
	as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
	# No cluster of the package's own: the scripts make theirs.
	as_root mkdir -p /etc/postgresql-common
	[ -e /etc/postgresql-common/createcluster.conf ] ||
		echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
}

MAKE_ARGS=()
DEBIAN_PG_CONFIG=/usr/lib/postgresql/15/bin/pg_config
PG_CONFIG=${PG_CONFIG:-$DEBIAN_PG_CONFIG}

install_build_deps() {
	install_packages postgresql-15 postgresql-server-dev-15 libpq-dev libzstd-dev liblz4-dev \
		libcurl4-openssl-dev libssl-dev zlib1g-dev libbz2-dev liblzo2-dev libsnappy-dev libbrotli-dev libssh-dev libpcre2-dev \
		build-essential
	BINDIR=$("$PG_CONFIG" --bindir)
}

# What tests run beside the server.  An SSH server that was not here before is not started.
install_test_deps() {
	local policy=/usr/sbin/policy-rc.d
	install_packages libipc-run-perl openssl util-linux clang libclang-rt-dev lzop openssh-client \
		python3-psycopg2 python3-pyodbc odbc-postgresql libpostgresql-jdbc-java openjdk-17-jdk-headless
	[ ! -x /usr/sbin/sshd ] || return 0
	if [ -e $policy ]; then
		install_packages openssh-server
	else
		printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
		as_root chmod 755 $policy
		install_packages openssh-server
		as_root rm $policy
	fi
	! command -v systemctl >/dev/null || as_root systemctl disable ssh >/dev/null 2>&1 || true
}

# A server with assertions and AddressSanitizer, from Debian's source package: a
# library with it cannot be loaded into a server without.  Kept for later runs.
use_sanitized_server() {
	local dir=${TMPDIR:-/tmp}/redshift_ext-sanitized list version
	install_packages build-essential bzip2 dpkg-dev pkg-config libicu-dev libxml2-dev liblz4-dev libzstd-dev \
		libipc-run-perl
	export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:abort_on_error=1
	export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
	PG_CONFIG=$dir/server/bin/pg_config
	if [ ! -x "$PG_CONFIG" ]; then
		mkdir -p "$dir"
		if [ -z "$(apt-cache showsrc postgresql-15 2>/dev/null)" ]; then
			for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
				[ ! -e "$list" ] || sed -n 's/^deb /deb-src /p' "$list"
			done | as_root tee /etc/apt/sources.list.d/redshift_ext-source.list >/dev/null
			[ ! -e /etc/apt/sources.list.d/debian.sources ] ||
				sed 's/^Types: deb$/Types: deb-src/' /etc/apt/sources.list.d/debian.sources |
				as_root tee /etc/apt/sources.list.d/redshift_ext-source.sources >/dev/null
			as_root apt-get update -qq
		fi
		# Archives keep the release's version, and not every later one.
		for version in $(apt-cache showsrc postgresql-15 | sed -n 's/^Version: //p' | sort -rV); do
			(cd "$dir" && apt-get source -qq --download-only "postgresql-15=$version") && break
		done
		# Without Debian's patches, which know one place to install only.
		mkdir "$dir/source"
		tar xf "$dir"/postgresql-15_*.orig.tar.bz2 -C "$dir/source" --strip-components 1
		(cd "$dir/source" && ./configure -q --prefix="$dir/server" --enable-cassert --enable-debug --enable-tap-tests \
			--with-icu --with-libxml --with-lz4 --with-zstd --without-readline \
			CFLAGS='-O1 -g -fsanitize=address -fno-omit-frame-pointer' &&
			make -s -j2 install &&
			for part in contrib/{auto_explain,btree_gist,file_fdw,hstore,pg_stat_statements,pg_trgm,postgres_fdw} \
				src/test/{isolation,regress}; do
				make -s -C $part install
			done) >"$dir/build.log" 2>&1
	fi
	chmod -R a+rX "$dir"
	MAKE_ARGS=(SANITIZE=address,undefined)
}

# What the tests' S3 is made of, and other readers of files, from npm; kept for later runs.
install_test_modules() {
	local dir=${TMPDIR:-/tmp}/redshift_ext-npm
	command -v npm >/dev/null || install_packages npm
	mkdir -p "$dir"
	if ! cmp -s "$ROOT/test/package.json" "$dir/package.json" || [ ! -e "$dir/node_modules/.package-lock.json" ]; then
		cp "$ROOT/test/package.json" "$dir/"
		(cd "$dir" && npm install --silent --no-audit --no-fund >/dev/null)
	fi
	chmod -R a+rX "$dir"
	export NODE_PATH=$dir/node_modules
}

# Build and install a copy of the tree, so that the checkout stays clean.
build_and_install() {
	local dir=$1
	mkdir -p "$dir"
	(cd "$ROOT" && git -c safe.directory="$ROOT" ls-files -co --exclude-standard -z | xargs -0 tar cf -) | tar xf - -C "$dir"
	make -s -C "$dir" -j2 with_llvm=no PG_CONFIG="$PG_CONFIG" "${MAKE_ARGS[@]}"
	as_root make -s -C "$dir" with_llvm=no PG_CONFIG="$PG_CONFIG" "${MAKE_ARGS[@]}" install >/dev/null
}

free_port() {
	local port
	for port in $(shuf -i 20000-29999 -n 50); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
	done
	echo "no free port found" >&2
	return 1
}

# Redshift's own port, unless another server has it: that one would answer in our place.
endpoint_port() {
	if (exec 3<>/dev/tcp/127.0.0.1/5439) 2>/dev/null; then free_port; else echo 5439; fi
}
