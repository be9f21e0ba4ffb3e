#!/bin/sh
# $SOURCE_DIR is npm's library tree. Its own relative links (node_modules/.bin) stay links.
set -eu
library=usr/share/nodejs/npm
mkdir -p "$DESTDIR/$library" "$DESTDIR/usr/bin" "$DESTDIR/usr/share/doc/npm"
cp -R -P "$SOURCE_DIR/." "$DESTDIR/$library/"
for command in npm npx; do
	ln -s "../share/nodejs/npm/bin/$command-cli.js" "$DESTDIR/usr/bin/$command"
done
printf 'npm, revision %s of its package.\n' "$REVISION" >"$DESTDIR/usr/share/doc/npm/PACKAGE"
