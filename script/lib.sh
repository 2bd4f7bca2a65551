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

PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}

install_build_deps() {
	install_packages postgresql-15 postgresql-server-dev-15 libzstd-dev liblz4-dev \
		build-essential libipc-run-perl
	BINDIR=$("$PG_CONFIG" --bindir)
}

# Build and install a copy of the tree, so that the checkout stays clean.
build_and_install() {
	local dir=$1
	mkdir -p "$dir"
	(cd "$ROOT" && git -c safe.directory="$ROOT" ls-files -co --exclude-standard -z | xargs -0 tar cf -) | tar xf - -C "$dir"
	make -s -C "$dir" -j2 with_llvm=no PG_CONFIG="$PG_CONFIG" "${MAKE_ARGS[@]}"
	as_root make -s -C "$dir" with_llvm=no PG_CONFIG="$PG_CONFIG" "${MAKE_ARGS[@]}" install >/dev/null
}
MAKE_ARGS=()

free_port() {
	local port
	for port in $(shuf -i 20000-29999 -n 50); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
	done
	echo "no free port found" >&2
	return 1
}
