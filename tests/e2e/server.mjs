// A static file server for the tests: MIME types, brotli as a web host would send it, optional CORS and CSP.
// Counts what it transfers. Node only.
//   node server.mjs ROOT PORT [--cors] [--csp POLICY]
import { createServer } from 'node:http';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';

const compress = promisify(brotliCompress); // at its default, the highest quality

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};
const COMPRESSED_ALREADY = new Set(['.png', '.woff2']);

/**
 * Serves the folder `root` on 127.0.0.1 until `close()` is called; port 0 takes a free one.
 * `transfers` lists every body sent: { path, status, bytes }.
 */
export async function serve({ root, port = 0, cors = false, csp }) {
  const files = new FileCache(resolve(root));
  const transfers = [];
  const headers = {
    'cache-control': 'no-cache',
    ...(cors && { 'access-control-allow-origin': '*' }),
    ...(csp && { 'content-security-policy': csp }),
  };
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname;
    const { status, type, encoding, body } = await answer(files, path, request.headers['accept-encoding'] ?? '');
    transfers.push({ path, status, bytes: body.length });
    response.writeHead(status, { ...headers, 'content-type': type, ...(encoding && { 'content-encoding': encoding }) });
    response.end(body);
  });
  await new Promise((done, failed) => server.once('error', failed).listen(port, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    transfers,
    close() {
      server.closeAllConnections();
      return new Promise(done => server.close(done));
    },
  };
}

async function answer(files, path, accepted) {
  try {
    const file = await files.get(decodeURIComponent(path));
    const brotli = file.brotli && /\bbr\b/.test(accepted);
    return { status: 200, type: file.type, ...(brotli ? { encoding: 'br', body: file.brotli } : { body: file.raw }) };
  } catch {
    return { status: 404, type: 'text/plain', body: Buffer.from('not found\n') };
  }
}

/** Files with their compressed form, which takes a second for a large one, made once for each state of the file. */
class FileCache {
  #files = new Map();

  constructor(root) {
    this.root = root;
  }

  async get(path) {
    let name = join(this.root, normalize(path));
    if ((await stat(name)).isDirectory()) name = join(name, 'index.html');
    const { mtimeMs } = await stat(name);
    const known = this.#files.get(name);
    if (known?.mtimeMs === mtimeMs) return known.file;
    const file = load(name);
    this.#files.set(name, { mtimeMs, file });
    return file;
  }
}

async function load(name) {
  const extension = extname(name);
  const raw = await readFile(name);
  const brotli = COMPRESSED_ALREADY.has(extension) ? undefined : await compress(raw);
  return { type: TYPES[extension] ?? 'application/octet-stream', raw, brotli };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { cors: { type: 'boolean' }, csp: { type: 'string' } },
  });
  const [root, port] = positionals;
  if (!root || !port) {
    console.error('usage: node server.mjs ROOT PORT [--cors] [--csp POLICY]');
    process.exit(2);
  }
  const { url } = await serve({ root, port: Number(port), ...values });
  console.log(url);
}
