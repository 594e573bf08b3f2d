#!/bin/sh
# Builds the program as it is and with each planted fault; runs it on the committed snapshot.
# Usage: tests/bare/check.sh; exit 0 if the first links and answers rightly, and the others do not build.
set -eu
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-target}/bare
log=$target/check.log
mkdir -p "$target"

build() {
    cargo build --quiet --release --target-dir "$target" "$@" 2>"$log"
}

fail() {
    echo "tests/bare: $1" >&2
    cat "$log" >&2
    exit 1
}

must_not_build() {
    feature=$1 expected=$2
    if build --features "$feature"; then
        fail "built with $feature: this check would not notice such a fault"
    fi
    grep -q "$expected" "$log" || fail "with $feature the build failed for another reason than '$expected'"
    echo "tests/bare: $feature is refused: $expected"
}

must_not_build planted_alloc "no global memory allocator found"
must_not_build planted_panic "decide_must_not_panic"

build || fail "does not link: something in decide can panic, or needs an allocator or std"
"$target/release/tandem-bare" <../format/v4.snapshot >"$target/answers.txt" || fail "the program failed"
diff -u ../format/answers.txt "$target/answers.txt" || fail "other answers than tests/format/answers.txt"
echo "tests/bare: decide links without allocator, std or panics, and answers"
