#!/bin/sh
# $SOURCE_DIR is what the tag says: a clone of the upstream repository at it.
set -eu
mkdir -p "$DESTDIR/usr/bin" "$DESTDIR/usr/share/doc/greeting"
cp "$SOURCE_DIR/greeting" "$DESTDIR/usr/bin/greeting"
chmod 755 "$DESTDIR/usr/bin/greeting"
printf 'Built at %s seconds after 1970.\n' "$SOURCE_DATE_EPOCH" >"$DESTDIR/usr/share/doc/greeting/BUILT"
