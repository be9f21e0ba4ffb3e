#!/bin/sh
# $SOURCE_DIR holds the executable, and its licence where one was found.
set -eu
mkdir -p "$DESTDIR/usr/bin" "$DESTDIR/usr/share/doc/nodejs"
cp "$SOURCE_DIR/node" "$DESTDIR/usr/bin/node"
if [ -e "$SOURCE_DIR/LICENSE" ]; then
	cp "$SOURCE_DIR/LICENSE" "$DESTDIR/usr/share/doc/nodejs/LICENSE"
fi
printf 'Node.js, revision %s of its package.\n' "$REVISION" >"$DESTDIR/usr/share/doc/nodejs/PACKAGE"
