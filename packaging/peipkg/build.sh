#!/bin/sh
# $SOURCE_DIR is a built checkout; $ARCHITECTURE is declared with --build-env.
set -eu
case $ARCHITECTURE in
x86_64) addon=peipkg.linux-x64-gnu.node ;;
aarch64) addon=peipkg.linux-arm64-gnu.node ;;
*) echo "there is no addon for $ARCHITECTURE" >&2 && exit 1 ;;
esac
cd "$SOURCE_DIR"
program=$DESTDIR/usr/lib/$ARCHITECTURE-linux-peios/peipkg
share=$DESTDIR/usr/share
mkdir -p "$program/new/bin" "$DESTDIR/usr/bin" "$share/man" "$share/doc/peipkg" "$share/doc/peipkg-farm"

cp -R dist index.cjs "$addon" "$program/new/"
mv "$program/new/dist/man" "$share/man/man1"
rm "$program/new/dist/THIRD-PARTY-NOTICES"
# Compiled code is good for one version of the engine only, and never the same twice.
find "$program/new" -name '*.cache' -exec rm {} +
cp bin/package.json "$program/new/bin/"
for name in peipkg peipkg-build peipkg-farm peipkg-manager peipkg-repo; do
	{ echo '#!/usr/bin/node' && tail -n +2 "bin/$name"; } >"$program/new/bin/$name"
done

# Named by what it holds: a path below it never has two contents, so that an interrupted upgrade cannot mix two versions. The
# links in /usr/bin lead to the old program or to the new one, and whichever it is, it is whole.
cd "$program/new"
content=$(find . -type f | sort | xargs sha256sum | sha256sum | cut -c 1-16)
cd "$SOURCE_DIR"
mv "$program/new" "$program/$content"
for name in peipkg peipkg-build peipkg-farm peipkg-manager peipkg-repo; do
	ln -s "../lib/$ARCHITECTURE-linux-peios/peipkg/$content/bin/$name" "$DESTDIR/usr/bin/$name"
done

cp LICENSE CHANGELOG.md SECURITY.md "$share/doc/peipkg/"
cp dist/THIRD-PARTY-NOTICES "$share/doc/peipkg/THIRD-PARTY-NOTICES"
cp crates/peipkg-native/THIRD-PARTY-NOTICES "$share/doc/peipkg/THIRD-PARTY-NOTICES.addon"
cp -R packaging/systemd packaging/prometheus "$share/doc/peipkg-farm/"
mkdir -p "$share/bash-completion/completions" "$share/zsh/site-functions" "$share/fish/vendor_completions.d"
node bin/peipkg completion bash >"$share/bash-completion/completions/peipkg"
node bin/peipkg completion zsh >"$share/zsh/site-functions/_peipkg"
node bin/peipkg completion fish >"$share/fish/vendor_completions.d/peipkg.fish"
