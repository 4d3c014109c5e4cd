// The built page, served for tests.
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { serve } from '../server.mjs';
import { block } from './docs.js';

/** The release build: dist/ at the top of the tree, or the folder in $DIST. */
export const dist = process.env.DIST ?? fileURLToPath(new URL('../../../dist', import.meta.url));

/** Where tests put pictures, reports and traces. */
export const out = fileURLToPath(new URL('../out', import.meta.url));
mkdirSync(out, { recursive: true });

/** Serves the page, under its strict policy; see `serve` for the options, such as `csp`, and for what comes back. */
export async function serveSite(options = {}) {
  if (!existsSync(`${dist}/index.html`)) throw new Error(`${dist} has no index.html: run cargo xtask build`);
  return serve({ root: dist, cors: true, csp: await block('embed.md', 'csp-page'), ...options });
}
