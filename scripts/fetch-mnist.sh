#!/bin/sh
# Fetches MNIST's four files into DIR (data/mnist of the source tree unless given):
#
#     scripts/fetch-mnist.sh [DIR]
#
# Only missing files are downloaded. Every file, downloaded or already there, must have MNIST's
# SHA-256 (of its uncompressed content: mirrors compress differently); one that has not is never
# put in place, and one of another set that is already there is never overwritten.
#
# MNIST_MIRROR, if set, is the only place to download from, e.g. file:///media/mnist
set -eu

mirrors=${MNIST_MIRROR:-"https://ossci-datasets.s3.amazonaws.com/mnist
https://storage.googleapis.com/cvdf-datasets/mnist"}
dir=${1:-$(dirname "$0")/../data/mnist}
partial=

fail() {
    echo "fetch-mnist: $*" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# sha256 < CONTENT
sha256() {
    if has sha256sum; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

# sum_of FILE: the sum of its uncompressed content, nothing if its gzip stream is damaged.
sum_of() {
    if [ "$(head -c 2 "$1" | od -An -tx1 | tr -d ' \n')" = 1f8b ]; then
        # Only gzip's own exit status tells of a wrong CRC or trailing bytes; a pipe would hide it.
        if gzip -t <"$1" 2>/dev/null; then gzip -dc <"$1" | sha256; fi
    else
        sha256 <"$1"
    fi
}

# find_file STEM RANK: the path of a file that is already there, under any name in use.
find_file() {
    for name in "$1-idx$2-ubyte" "$1.idx$2-ubyte"; do
        for path in "$dir/$name" "$dir/$name.gz"; do
            if [ -f "$path" ]; then
                echo "$path"
                return
            fi
        done
    done
}

# download URL FILE
download() {
    if has curl; then
        curl -fsSL --connect-timeout 20 --retry 2 -o "$2" "$1" 2>/dev/null
    else
        wget -q -T 20 -t 3 -O "$2" "$1" 2>/dev/null
    fi
}

# fetch NAME SUM: tries one mirror after another.
fetch() {
    reasons=
    partial=$dir/.$1.tmp-$$
    for mirror in $mirrors; do
        url=${mirror%/}/$1
        if ! download "$url" "$partial"; then
            reasons="$reasons; $url cannot be downloaded"
        elif [ "$(sum_of "$partial")" != "$2" ]; then
            reasons="$reasons; $url is not MNIST's file (SHA-256 differs)"
        else
            mv "$partial" "$dir/$1" || fail "cannot write $dir/$1"
            echo "$dir/$1: fetched from $mirror"
            return
        fi
    done
    fail "cannot fetch $1: ${reasons#; }; try again or set MNIST_MIRROR"
}

# ensure STEM RANK SUM
ensure() {
    path=$(find_file "$1" "$2")
    if [ -z "$path" ]; then
        fetch "$1-idx$2-ubyte.gz" "$3"
    elif [ "$(sum_of "$path")" = "$3" ]; then
        echo "$path: already there"
    else
        fail "$path is damaged or of another set (SHA-256 differs); move it away, or give another directory"
    fi
}

has curl || has wget || fail "needs curl or wget"
has sha256sum || has shasum || fail "needs sha256sum or shasum"
has gzip || fail "needs gzip"
mkdir -p "$dir" 2>/dev/null || fail "cannot create the directory $dir"
[ -w "$dir" ] || fail "cannot write to the directory $dir"
trap '[ -z "$partial" ] || rm -f "$partial"' EXIT
trap 'exit 1' HUP INT TERM

ensure train-images 3 ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
ensure train-labels 1 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
ensure t10k-images 3 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
ensure t10k-labels 1 ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2
