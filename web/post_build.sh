#!/bin/sh
# Trunk's post_build hook. Puts beside the page:
# * the demo ROM, as a file of its own. The page runs what it fetches, so an altered file is an altered machine;
# * the training firmware's images, DEBUG and RELEASE;
# * scenes, chapters and exercises, compiled for each language;
# * one style sheet for figures in other people's pages: all that index.html names, but page*.css;
# * the names of this build's files in the script that loads them.
# And lets the worker have two modules: what wasm-bindgen writes for it is a global of the same name in each.
set -eu
cargo run --quiet --package demo-rom --bin demo-rom -- "$TRUNK_STAGING_DIR/demo.rom"

mkdir -p "$TRUNK_STAGING_DIR/firmware"
cargo run --quiet --package xtask -- firmware | while read -r image; do
  cp "$image" "$TRUNK_STAGING_DIR/firmware/$(basename "$(dirname "$image")").fd"
done

cargo run --quiet --package cli --bin smmlab -- check content --files-only --compile "$TRUNK_STAGING_DIR/content" > /dev/null

cd "$TRUNK_STAGING_DIR"
grep -o '[a-z-]*-[0-9a-f]*\.css' index.html | grep -v '^page' | xargs cat > figures.css
style=figures-$(cksum < figures.css | cut -d ' ' -f 1).css
mv figures.css "$style"
sed -i 's/^let wasm_bindgen\b/let image_tools/' image-tools.js
sed -i -e "s|{module}|$(ls web-*.js)|" -e "s|{wasm}|$(ls web-*_bg.wasm)|" -e "s|{style}|$style|" smm-lab.js
