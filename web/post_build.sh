#!/bin/sh
# Trunk's post_build hook. Puts beside the page:
# * the demo ROM, as a file of its own. The page runs what it fetches, so an altered file is an altered machine;
# * the training firmware's images, DEBUG and RELEASE, with debug information and sources;
# * scenes, chapters and exercises, compiled for each language;
# * one style sheet for figures in other people's pages: all that index.html names, but page*.css;
# * what such a page loads, and the way in, under names with a hash in them, since scripts ask for them.
# Then puts the names of this build's files into the scripts that load them, and lets the worker have two modules:
# what wasm-bindgen writes for it is a global of the same name in each.
set -eu
cargo run --quiet --package demo-rom --bin demo-rom -- "$TRUNK_STAGING_DIR/demo.rom"

mkdir -p "$TRUNK_STAGING_DIR/firmware"
cargo run --quiet --package xtask -- firmware | while read -r image; do
  build=$TRUNK_STAGING_DIR/firmware/$(basename "$(dirname "$image")")
  for kind in fd dbg src; do
    cp "${image%.fd}.$kind" "$build.$kind"
  done
done

cargo run --quiet --package cli --bin smmlab -- check content --files-only --compile "$TRUNK_STAGING_DIR/content" > /dev/null

cd "$TRUNK_STAGING_DIR"
grep -o '[a-z-]*-[0-9a-f]*\.css' index.html | grep -v '^page' | xargs cat > figures.css
sed -i 's/^let wasm_bindgen\b/let image_tools/' image-tools.js

# Renames MODULE.js, MODULE_bg.wasm and so on: with a hash of what is in them. Prints the new MODULE.
hashed() {
  name=$1-$(cat "$1"[._]* | cksum | cut -d ' ' -f 1)
  for file in "$1"[._]*; do mv "$file" "$name${file#"$1"}"; done
  echo "$name"
}
way_in=$(hashed way-in)
figures=$(hashed figures)
sed -i "s|{page}|$(basename web-*.js .js)|; s|{way-in}|$way_in|; s|{figures}|$figures|" page.js smm-lab.js
