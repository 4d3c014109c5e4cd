// Sizes of the release build: every file raw, gzip and brotli; and what a browser loads, as brotli, until the
// figure moves. A report; out/size.json keeps it.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { chromium } from '@playwright/test';

import { launchOptions } from './support/browser.js';
import { untilItMoves } from './support/figure.js';
import { dist, out, serveSite } from './support/site.js';

const AIM = 218_000;

async function fileSizes() {
  const entries = await readdir(dist, { recursive: true, withFileTypes: true });
  const names = entries.filter(entry => entry.isFile()).map(entry => relative(dist, join(entry.parentPath, entry.name)));
  const sizes = await Promise.all(names.sort().map(sizeOf));
  return sizes.sort((a, b) => b.brotli - a.brotli);
}

async function sizeOf(name) {
  const raw = await readFile(join(dist, name));
  return { name, raw: raw.length, gzip: gzipSync(raw, { level: 9 }).length, brotli: brotliCompressSync(raw).length };
}

/** Loads the page with an empty cache and returns what was sent until the figure moved. */
async function transfers() {
  const site = await serveSite();
  const browser = await chromium.launch(launchOptions);
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    await untilItMoves(page);
    return site.transfers.filter(({ status }) => status === 200);
  } finally {
    await browser.close();
    await site.close();
  }
}

const total = (rows, column) => rows.reduce((sum, row) => sum + row[column], 0);
const line = (name, ...numbers) =>
  console.log(name.padEnd(44), ...numbers.map(number => String(number).padStart(10)));

const files = await fileSizes();
line('file (bytes)', 'raw', 'gzip', 'brotli');
for (const { name, raw, gzip, brotli } of files) line(name, raw, gzip, brotli);
line('all files', total(files, 'raw'), total(files, 'gzip'), total(files, 'brotli'));

const loaded = await transfers();
const bytes = total(loaded, 'bytes');
console.log();
line('loaded until the figure moves', '', '', 'brotli');
for (const { path, bytes } of loaded) line(path, '', '', bytes);
line(`total (aim: ${AIM})`, '', '', bytes);

await writeFile(join(out, 'size.json'), JSON.stringify({ files, loaded, bytes, aim: AIM }, null, 1));
