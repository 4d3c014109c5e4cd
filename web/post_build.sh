#!/bin/sh
# Trunk's post_build hook: puts the demo ROM beside the page, as a file of its own. The page runs what
# it fetches, so an altered file is an altered machine.
set -eu
cargo run --quiet --package demo-rom --bin demo-rom -- "$TRUNK_STAGING_DIR/demo.rom"
