#!/bin/sh
# Runs the programs that are named, NAME.sh of this folder each, in folders of their own. Between
# lines that begin with "@@" stands what they print, standard error included, and their status.
# Here nothing may differ between machines: no time, no host's name, no randomness, no locale.
export PATH=/usr/bin:/bin LC_ALL=C TZ=UTC HOME=/tmp
# Programs open it when they want nothing; nobody writes to it here.
mkdir -p /dev /tmp
: >>/dev/null
export PERL_HASH_SEED=0 PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
for name in "$@"; do
  mkdir -p "/tmp/$name" && cd "/tmp/$name" || exit 1
  echo "@@ $name"
  sh "/programs/$name.sh" </dev/null >output 2>&1
  echo "status $?" >>output
  cat output
done
echo "@@ end"
