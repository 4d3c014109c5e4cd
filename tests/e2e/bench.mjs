// How long a reader waits, in this browser on this machine: until a machine is ready, and for a step back. A report;
// out/bench.json keeps it. Wall time: compare runs of one machine at rest.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { VIEWS, inView } from './support/measure.js';
import { out } from './support/site.js';

const ROUNDS = 5;
const POINTS = 200;

const share = (numbers, part) => numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];

/** Milliseconds from the navigation until the machine is ready, and the tasks over 50 ms meanwhile. */
function start(view) {
  return inView(view, (figure, page) => page.evaluate(() => ({ ready: performance.now(), longTasks: window.longTasks })));
}

/** In the browser: goes to random places of the tape, steps back, and waits for the machine's own state there. */
async function stepBack(figure, points) {
  const root = figure.getRootNode();
  const [timeline, back] = [root.querySelector('input.scrub'), root.querySelector('[data-act=back]')];
  const answered = row =>
    new Promise(done => {
      const there = () => figure.dataset.row !== row && figure.dataset.stateHash;
      const observer = new MutationObserver(() => there() && (observer.disconnect(), done()));
      observer.observe(figure, { attributes: true });
      if (there()) (observer.disconnect(), done());
    });
  const times = [];
  while (times.length < points) {
    const row = figure.dataset.row;
    timeline.value = String(Math.round(Math.random() * Number(timeline.max)));
    timeline.dispatchEvent(new InputEvent('input', { bubbles: true }));
    await Promise.race([answered(row), new Promise(done => setTimeout(done, 200))]); // perhaps the same row
    const from = figure.dataset.row;
    if (from === '0') continue;
    const begin = performance.now();
    back.click();
    await answered(from);
    times.push(performance.now() - begin);
  }
  return times;
}

const report = {};
console.log('until the machine is ready (ms)'.padEnd(44), 'median'.padStart(10), '   tasks over 50 ms');
for (const [key, view] of Object.entries(VIEWS)) {
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await start(view));
  report[key] = rounds;
  const tasks = rounds.flatMap(round => round.longTasks);
  console.log(view.name.padEnd(44), share(rounds.map(round => round.ready), 0.5).toFixed(0).padStart(10), '  ', tasks.join(' ') || 'none');
}

const times = await inView(VIEWS.page, figure => figure.evaluate(stepBack, POINTS));
report.stepBack = times;
console.log(`\na step back, ${POINTS} random points (ms)`.padEnd(45), 'p50', share(times, 0.5).toFixed(1), ' p95', share(times, 0.95).toFixed(1));

await writeFile(join(out, 'bench.json'), JSON.stringify(report, null, 1));
