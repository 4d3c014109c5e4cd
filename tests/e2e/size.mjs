// Sizes of the release build: every file raw, gzip and brotli; and what a browser loads, as brotli, until a figure
// moves, on the page and in an article. A report; out/size.json keeps it.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { untilItMoves } from './support/figure.js';
import { VIEWS, inView } from './support/measure.js';
import { dist, out } from './support/site.js';

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

/** What was sent, with an empty cache, until a view moved. */
function transfers(view) {
  return inView(view, async (figure, page, site) => {
    if (await figure.locator('[data-act="play"]').count()) await untilItMoves(figure);
    return site.transfers.filter(({ status }) => status === 200);
  });
}

const total = (rows, column) => rows.reduce((sum, row) => sum + row[column], 0);
const line = (name, ...numbers) =>
  console.log(name.padEnd(44), ...numbers.map(number => String(number).padStart(10)));

const files = await fileSizes();
line('file (bytes)', 'raw', 'gzip', 'brotli');
for (const { name, raw, gzip, brotli } of files) line(name, raw, gzip, brotli);
line('all files', total(files, 'raw'), total(files, 'gzip'), total(files, 'brotli'));

const report = { files, aim: AIM };
for (const [key, view] of Object.entries(VIEWS)) {
  const loaded = await transfers(view);
  const bytes = total(loaded, 'bytes');
  console.log();
  line(`loaded: ${view.name}, until it moves`, '', '', 'brotli');
  for (const { path, bytes } of loaded) line(path, '', '', bytes);
  line(key === 'lock' ? 'total' : `total (aim: ${AIM})`, '', '', bytes);
  report[key] = { loaded, bytes };
}

await writeFile(join(out, 'size.json'), JSON.stringify(report, null, 1));
