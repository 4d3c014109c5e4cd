// The example of docs/embed.md as a site of its own: an article on one origin, the lab on another.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { serve } from '../server.mjs';
import { block } from './docs.js';

const LAB = 'https://lab.example';
/** Enough to keep the next figure far from the window. */
const TEXT = '<p>The article goes on.</p>\n'.repeat(120);

export const figures = page => page.locator('smm-lab');

/** Serves the article with figures from `lab`. `change` alters its HTML; `files` lie beside it; `style` is for its CSP. */
export async function serveArticle(lab, { change = html => html, files = {}, style } = {}) {
  const [html, policy] = (await Promise.all([block('embed.md', 'html'), block('embed.md', 'csp')])).map(text =>
    text.replaceAll(LAB, new URL(lab).origin),
  );
  const root = await mkdtemp(join(tmpdir(), 'smmlab-article-'));
  const article = change(html.replaceAll('<!-- The article goes on. -->', TEXT));
  for (const [name, text] of Object.entries({ 'index.html': article, ...files })) await writeFile(join(root, name), text);
  const server = await serve({ root, csp: style ? `${policy}; style-src ${style}` : policy });
  return {
    ...server,
    async close() {
      await server.close();
      await rm(root, { recursive: true });
    },
  };
}

/** Scrolls to a figure and waits until its machine is ready. */
export async function run(figure) {
  await figure.scrollIntoViewIfNeeded();
  await figure.locator('figure.fig[data-ready="true"]').first().waitFor({ timeout: 60_000 });
}

/** Before the page loads: adds up what moves in it, with what moved it. */
export function watchShifts(page) {
  return page.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver(list => {
      for (const { value, sources } of list.getEntries()) {
        window.shifts.push({ value, sources: sources.map(s => `${s.node?.localName} ${JSON.stringify(s.previousRect)} ${JSON.stringify(s.currentRect)}`) });
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}
