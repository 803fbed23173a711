# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # builder is the reader's
# For the scripts that build somebody else's source package into the cache (machine/build, kernel/build,
# os/mcu/build), which read this file with `.`; builder is the name that their lines begin with.
#
#   say TEXT, die TEXT              lines on stderr
#   cache_find                      sets cache: $PERI_CACHE, else $XDG_CACHE_HOME/perisphere,
#                                   else ~/.cache/perisphere; absolute
#   cache_make                      the folder, or an error that names it
#   cache_prune PATTERN...          removes the folders that nobody used for 30 days: sources that are built no more
#   cache_used FOLDER               it is in use
#   packages_check HINT NAME...     fails with those Debian packages that are not installed
#   space_check MIB
#   lock FILE                       one holder at a time; says so when it has to wait
#   source_fetch PACKAGE VERSION DIR
#                                   newest of a Debian source package whose version begins so,
#                                   as files in DIR, with DIR/version
# What source_fetch left when it was killed is DIR.fetch.*: the next one under the same lock removes it.

say() { echo "$builder: $*" >&2; }
die() { say "$*"; exit 1; }

cache_find() {
    if [ -n "${PERI_CACHE:-}" ]; then cache=$PERI_CACHE
    elif [ -n "${XDG_CACHE_HOME:-}" ]; then cache=$XDG_CACHE_HOME/perisphere
    elif [ -n "${HOME:-}" ]; then cache=$HOME/.cache/perisphere
    else die 'no place for the cache: none of PERI_CACHE, XDG_CACHE_HOME, HOME is set'
    fi
    case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
}

cache_make() {
    mkdir -p "$cache" 2>/dev/null || die "cannot make the cache folder \"$cache\""
    [ -w "$cache" ] || die "the cache folder \"$cache\" is not writable"
}

cache_prune() { # patterns of names
    for pattern in "$@"; do
        find "$cache" -maxdepth 1 -type d -name "$pattern" -mtime +30 -exec rm -rf {} +
    done
}

cache_used() { touch -c "$1" 2>/dev/null || :; } # folder; another user's is used all the same

packages_check() { # hint, names
    hint=$1
    shift
    missing=
    for package in "$@"; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :) in
        installed) ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -z "$missing" ] || die "these packages are missing:$missing ($hint installs them)"
}

space_check() { # MiB
    free=$(df -Pm "$cache" | awk 'NR == 2 { print $4 }')
    [ "${free:-0}" -ge "$1" ] ||
        die "no space for the cache: \"$cache\" has ${free:-0} MiB free, $1 MiB are needed"
}

lock() { # file
    exec 9>"$1"
    flock -n 9 || { say 'waiting for another build'; flock 9; }
}

# The machine's own apt configuration with deb read as deb-src, and apt's state
# in a private folder: the system's lists and sources stay as they are.
apt_setup() { # work folder
    mkdir -p "$1/parts" "$1/lists/partial" "$1/cache/archives/partial"
    list=/etc/apt/sources.list parts=/etc/apt/sources.list.d
    eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
    for file in "$list" "$parts"/*.list; do
        [ -f "$file" ] || continue
        sed -n 's/^[[:space:]]*deb\(-src\)\{0,1\}[[:space:]]/deb-src /p' "$file" |
            sort -u >"$1/parts/$(basename "$file" .list).list"
    done
    for file in "$parts"/*.sources; do
        [ -f "$file" ] || continue
        sed 's/^Types:.*/Types: deb-src/' "$file" >"$1/parts/$(basename "$file")"
    done
    grep -qs deb-src "$1"/parts/* || die 'apt has no package source configured: neither sources.list nor sources.list.d names one'
    cat >"$1/apt.conf" <<APT
Dir::State::lists "$1/lists";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$1/parts";
Dir::Cache "$1/cache";
APT::Sandbox::User "root";
APT
}

source_fetch() { # package, how its version begins, folder
    say "fetching the $1 source package"
    rm -rf "$3".fetch.*
    fetching=$(mktemp -d "$3.fetch.XXXXXX")
    apt_setup "$fetching"
    # One list that cannot be had (a foreign one without sources) is no failure: what counts is what follows.
    APT_CONFIG="$fetching/apt.conf" apt-get -qq update >"$fetching/log" 2>&1 || :
    newest=$(APT_CONFIG="$fetching/apt.conf" apt-cache showsrc "$1" 2>/dev/null |
        awk '$1 == "Version:" { print $2 }' | while read -r one; do
            case $one in "$2"*) ;; *) continue ;; esac
            if [ -z "${best:-}" ] || dpkg --compare-versions "$one" gt "$best"; then best=$one; echo "$best"; fi
        done | tail -n 1)
    if [ -z "$newest" ]; then
        tail -n 5 "$fetching/log" >&2
        die "no $1 ${2#*:} source package to be had: is this Debian 12, and a mirror reachable?"
    fi
    mkdir "$fetching/new"
    (cd "$fetching/new" &&
        APT_CONFIG="$fetching/apt.conf" apt-get -qq source --download-only --only-source "$1=$newest") \
        >"$fetching/log" 2>&1 || {
        tail -n 5 "$fetching/log" >&2
        die "fetching $1 $newest failed"
    }
    echo "$newest" >"$fetching/new/version"
    rm -rf "$3"
    mv "$fetching/new" "$3"
    rm -rf "$fetching"
    fetching=
}
