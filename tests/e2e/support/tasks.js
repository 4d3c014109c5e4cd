// How long the page's own thread is kept busy at a stretch.
import { readFile } from 'node:fs/promises';

/**
 * The tasks of the page's main thread while `act` runs, longest first: { took, busy } in milliseconds, of the clock and of
 * the processor. Debugger's messages count, too, so that `act` should be one `page.evaluate`.
 */
export async function tasks(browser, page, act, path) {
  await browser.startTracing(page, { path, categories: ['toplevel', 'devtools.timeline'] });
  await act();
  await browser.stopTracing();
  const { traceEvents } = JSON.parse(await readFile(path, 'utf8'));
  const main = traceEvents.filter(event => event.name === 'thread_name' && event.args.name === 'CrRendererMain').map(event => `${event.pid} ${event.tid}`);
  return traceEvents
    .filter(event => event.ph === 'X' && event.name.endsWith('RunTask') && main.includes(`${event.pid} ${event.tid}`))
    .map(event => ({ took: event.dur / 1000, busy: event.tdur / 1000 }))
    .sort((a, b) => b.busy - a.busy);
}
