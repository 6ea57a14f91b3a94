#!/bin/sh
# install-deps.sh [test]: installs what is missing, and only that, from the distribution's own packages (apt, dnf or brew).
#
#   always  a MariaDB (or MySQL) server program. Nothing of it has to run: the program starts a private one.
#   test    also Chromium, fonts with Chinese characters and emoji, a C compiler, which Go's race detector links with on Linux, and npm,
#           with which the tests fetch the accessibility checker axe-core.
#
# With everything there it does nothing and needs no rights. Otherwise it calls sudo where it is not root.
set -eu

mode=${1:-}
want_tests=no
[ "$mode" = test ] && want_tests=yes

say() { echo "install-deps: $*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# has_any FILE-OR-PROGRAM...: one of them is there.
has_any() {
	for candidate in "$@"; do
		case $candidate in
		/*) [ -x "$candidate" ] && return 0 ;;
		*) has "$candidate" && return 0 ;;
		esac
	done
	return 1
}

has_server() {
	has_any mariadbd mysqld /usr/sbin/mariadbd /usr/sbin/mysqld /usr/libexec/mariadbd /usr/libexec/mysqld \
		/usr/local/sbin/mariadbd /usr/local/mysql/bin/mysqld \
		/opt/homebrew/opt/mariadb/bin/mariadbd /usr/local/opt/mariadb/bin/mariadbd \
		/opt/homebrew/opt/mysql/bin/mysqld /usr/local/opt/mysql/bin/mysqld
}

has_browser() {
	has_any chromium chromium-browser headless_shell headless-shell google-chrome google-chrome-stable \
		/usr/lib64/chromium-browser/headless_shell \
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" /Applications/Chromium.app/Contents/MacOS/Chromium
}

# has_font: Chinese characters and emoji, both of which the pages show.
has_font() {
	[ "$(uname -s)" = Darwin ] && return 0
	for font in cjk emoji; do
		[ -n "$(find /usr/share/fonts "${HOME:-/root}/.fonts" -iname "*$font*" 2>/dev/null | head -n 1)" ] || return 1
	done
}

has_npm() { has npm; }

has_compiler() { [ "$(uname -s)" = Darwin ] || has_any "${CC:-cc}" gcc clang; }

# missing prints what is not there, one word each.
missing() {
	has_server || echo server
	if [ $want_tests = yes ]; then
		has_browser || echo browser
		has_font || echo font
		has_compiler || echo compiler
		has_npm || echo npm
	fi
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif has sudo; then
		say "sudo $*"
		sudo "$@"
	else
		say "this needs root and there is no sudo. As root, run: $0${mode:+ $mode}"
		exit 1
	fi
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"; }

apt_knows() { apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }

# The -core packages hold the programs without a service: nothing gets started or enabled. A release that has none of them
# gets the whole server, whose service is then stopped (stop_service).
apt_server() {
	if apt_knows mariadb-server-core; then
		echo mariadb-server-core mariadb-client-core
	else
		echo mariadb-server
	fi
}

apt_browser() {
	if grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; then
		say "Ubuntu has Chromium as a snap only: sudo snap install chromium (or install Google Chrome), then run this again."
		exit 1
	fi
	echo chromium
}

install_apt() {
	packages=
	for thing in "$@"; do
		case $thing in server) names=mariadb-server-core ;; browser) names=chromium ;; font) names=fonts-noto-cjk ;; npm) names=npm ;; *) names=gcc ;; esac
		apt_knows "$names" || { apt update; break; } # a fresh container knows no packages yet
	done
	for thing in "$@"; do
		case $thing in
		server) more=$(apt_server) ;;
		browser) more=$(apt_browser) ;;
		font) more="fonts-noto-cjk fonts-noto-color-emoji fontconfig" ;;
		compiler) more="gcc libc6-dev" ;;
		npm) more=npm ;;
		esac
		packages="$packages $more"
	done
	# shellcheck disable=SC2086 # a list of names
	set -- install --no-install-recommends $packages
	apt "$@" || { apt update && apt "$@"; } # lists that are out of date name files that are gone
	case " $packages " in *" mariadb-server "*) stop_service ;; esac
}

# stop_service undoes what the whole server's package does on its own.
stop_service() {
	[ -d /run/systemd/system ] || return 0
	say "the system's own MariaDB service is not needed: stopped and disabled"
	as_root systemctl disable --now mariadb.service || true
}

install_dnf() {
	packages=
	for thing in "$@"; do
		case $thing in
		server) packages="$packages mariadb-server" ;; # Fedora enables no service by itself
		browser) packages="$packages chromium" ;;
		font) packages="$packages google-noto-sans-cjk-fonts google-noto-color-emoji-fonts fontconfig" ;;
		compiler) packages="$packages gcc glibc-devel" ;;
		npm) packages="$packages npm" ;;
		esac
	done
	# shellcheck disable=SC2086 # a list of names
	as_root dnf -q -y --setopt=install_weak_deps=False install $packages
}

install_brew() {
	for thing in "$@"; do
		case $thing in
		server) brew install mariadb ;;
		browser) brew install --cask google-chrome ;;
		npm) brew install node ;;
		esac
	done
}

lacking=$(missing | tr '\n' ' ')
[ -z "$lacking" ] && exit 0
say "missing: $lacking"

if has apt-get; then
	# shellcheck disable=SC2086 # a list of words
	install_apt $lacking
elif has dnf; then
	# shellcheck disable=SC2086
	install_dnf $lacking
elif has brew; then
	# shellcheck disable=SC2086
	install_brew $lacking
else
	say "neither apt-get nor dnf nor brew is here: please install these yourself: $lacking"
	say "(server: MariaDB 10.11 or later, or MySQL 8; browser: Chromium or Chrome; font: one with Chinese characters; compiler: gcc; npm: npm)"
	exit 1
fi

lacking=$(missing | tr '\n' ' ')
[ -z "$lacking" ] && exit 0
say "the packages were installed, and yet these are not found: $lacking"
exit 1
