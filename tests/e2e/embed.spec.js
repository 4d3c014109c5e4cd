// <smm-lab> in somebody's page: the example of docs/embed.md, served from another origin than the lab.
import { figures, run, serveArticle, watchShifts } from './support/embed.js';
import { expect, test as base } from './support/test.js';

/** Lines break differently in each language, and one height serves them all. */
const SLACK = 90;

/** Collects what the console says: a quiet page says nothing at all. */
function listen(page) {
  const said = [];
  page.on('console', message => said.push(`${message.type()}: ${message.text()}`));
  return said;
}

const test = base.extend({
  /** Serves an article until the test ends. */
  article: async ({ site }, use) => {
    const open = [];
    await use(async options => {
      const article = await serveArticle(site.url, options);
      open.push(article);
      return article;
    });
    await Promise.all(open.map(article => article.close()));
  },
  /** Paths that the lab has sent since the test began. */
  sent: async ({ site }, use) => {
    const before = site.transfers.length;
    await use(() => site.transfers.slice(before).map(({ path }) => path));
  },
});

const inside = (figure, selector) => figure.locator(selector);
const stage = figure => inside(figure, 'figure.fig');

test('three figures of another origin run under a strict policy, and nothing moves', async ({ page, article, sent }) => {
  const said = listen(page);
  await watchShifts(page);
  await page.goto((await article()).url);
  const all = figures(page);
  await expect(all).toHaveCount(3);
  for (const figure of await all.all()) await run(figure);

  expect(await page.evaluate(() => window.shifts)).toEqual([]);
  expect(said).toEqual([]);
  expect(page.workers()).toHaveLength(1);
  expect(sent().sort()).toEqual([...new Set(sent())].sort());
  await expect(inside(all.nth(1), 'h2').first()).toHaveText(/[ạảấầẩẫậắằẵặẹẻẽếềểễệỉịọốồổộớờởợụủứừửựđ]/);
  await expect(inside(all.nth(2), 'h2').first()).toHaveText(/[\p{Script=Hiragana}\p{Script=Katakana}]/u);
});

test('nothing but the small script loads before a figure nears the window', async ({ page, article, sent, site }) => {
  const { url } = await article({ change: html => html.replace('<h1>', `${'<p>Far above.</p>'.repeat(150)}<h1>`) });
  await page.goto(url);
  await page.waitForTimeout(500);
  expect(sent()).toEqual(['/smm-lab.js']);
  expect(site.transfers.at(-1).bytes).toBeLessThan(4000);
  await run(figures(page).first());
  expect(sent().length).toBeGreaterThan(4);
});

const alone = html => html.replace(/(<smm-lab[^>]*>)[^]*<\/smm-lab>/, '$1<p>Without JavaScript.</p></smm-lab>');
const modules = paths => paths.flatMap(path => path.match(/(way-in|figures)-\d+_bg\.wasm/)?.[1] ?? []);

test('smi-flow alone loads no other scene, until one is asked for', async ({ page, article, sent }) => {
  await page.goto((await article({ change: alone })).url);
  const figure = figures(page);
  await expect(figure).toHaveCount(1);
  await run(figure);
  expect(modules(sent())).toEqual(['way-in']);
  await figure.evaluate(element => element.setAttribute('scene', 'smram-lifecycle'));
  await expect(stage(figure)).toHaveAttribute('data-scene', 'smram-lifecycle');
  await run(figure);
  await figure.evaluate(element => element.setAttribute('scene', 'smi-flow'));
  await expect(stage(figure)).not.toHaveAttribute('data-scene', 'smram-lifecycle');
  await run(figure);
  expect(modules(sent())).toEqual(['way-in', 'figures']);
});

/** On a slow machine the page is painted between what is rendered together, too. */
for (const slower of [1, 6]) {
  test(`a figure in the first window moves nothing either, ${slower} times slower`, async ({ page, article }) => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: slower });
    await watchShifts(page);
    await page.goto((await article()).url);
    await run(figures(page).first());
    await page.waitForTimeout(300);
    expect(await page.evaluate(() => window.shifts)).toEqual([]);
  });
}

const WIDTHS = [320, 360, 560, 580, 720, 1000, 1020, 1280];
const SCENES = ['smi-flow', 'software-smi', 'hardware-smi', 'ready-to-lock', 'smram-lifecycle', 'four-layers', 'runtime-setvariable', 'communicate'];
for (const [width, scene] of WIDTHS.flatMap(width => SCENES.map(scene => [width, scene]))) {
  test(`the height kept free at ${width} px fits ${scene}`, async ({ page, article }) => {
    await page.setViewportSize({ width: width + 40, height: 800 });
    const files = { 'a.css': 'body { margin: 0 20px }' };
    const change = html =>
      html.replace('</head>', '<link rel="stylesheet" href="a.css"></head>').replace(/scene="[^"]*"/g, `scene="${scene}"`);
    await page.goto((await article({ change, files, style: "'self'" })).url);
    const rows = [];
    for (const figure of await figures(page).all()) {
      const kept = await height(figure);
      await run(figure);
      const shown = await height(figure);
      rows.push({ lang: await figure.getAttribute('lang'), kept, shown, needed: await figure.evaluate(unreserved) });
    }
    for (const row of rows) expect(row.needed, JSON.stringify(row)).toBeGreaterThan(row.kept - SLACK);
    for (const row of rows) expect(row, JSON.stringify(row)).toMatchObject({ shown: row.kept });
  });
}

const height = figure => figure.evaluate(element => element.getBoundingClientRect().height);

/** In the browser: the height that a figure would have of itself. */
function unreserved(element) {
  const frame = element.shadowRoot.querySelector('.frame');
  frame.style.minHeight = '0';
  const { height } = frame.getBoundingClientRect();
  frame.style.minHeight = '';
  return height;
}

test('styles neither enter a figure nor leave it', async ({ page, article }) => {
  const hostile = `
    :root { font-size: 37px; --ink: lime; --panel: red; --c: lime; --c-g: red; --trail: lime; --t-14: 60px; color-scheme: dark; }
    html { direction: rtl; letter-spacing: 4px; text-transform: uppercase; line-height: 3; font-style: italic; visibility: visible; cursor: wait; }
    * { font-family: cursive !important; color: lime !important; border-radius: 30px; text-shadow: 2px 2px red; }
    button, .btn { background: hotpink !important; min-height: 90px !important; }
    .fig, .lab, figure, section, svg, p, h2, h3 { transform: rotate(3deg); padding: 40px !important; }
    h1 { color: black !important; }`;
  const neutral = 'body { margin: 0 } smm-lab { display: block; width: 900px !important; margin: 0; padding: 0 }';
  const link = '<link rel="stylesheet" href="a.css"></head>';
  const looks = async css => {
    const ours = html => html.replace('</head>', link).replace('</article>', '<p class="fig btn chip">Ours</p></article>');
    const { url } = await article({ change: ours, files: { 'a.css': css + neutral }, style: "'self'" });
    await page.goto(url);
    const before = await outside(page);
    await run(figures(page).first());
    const after = await outside(page);
    expect(after).toEqual(before);
    expect(await page.evaluate(() => document.adoptedStyleSheets.length)).toBe(0);
    await page.waitForTimeout(400); // colours come to rest
    return figures(page).first().evaluate(element =>
      [...element.shadowRoot.querySelectorAll('.lab, .lab *')].map(e => {
        const { width, height } = e.getBoundingClientRect();
        const style = getComputedStyle(e);
        const looks = [...style].filter(name => !name.startsWith('--')).map(name => `${name}: ${style[name]}`);
        return [`${e.localName}.${e.getAttribute('class')}`, width.toFixed(1), height.toFixed(1), ...looks].join('\n');
      }),
    );
  };
  const [calm, attacked] = [await looks(''), await looks(hostile)];
  expect(calm.length).toBeGreaterThan(100);
  expect(attacked.length).toBe(calm.length);
  calm.forEach((element, i) => expect(attacked[i]).toBe(element));
});

/** Styles of the article's own elements. */
const outside = page =>
  page.evaluate(() =>
    [...document.querySelectorAll('html, body, article, h1, article > p')].map(element => {
      const style = getComputedStyle(element);
      return [...style].filter(name => !/^--|height|block-size|origin/.test(name)).map(name => `${name}: ${style[name]}`).join(';');
    }),
  );

test('events reach the article, and the keyboard works within', async ({ page, article }) => {
  await page.goto((await article()).url);
  const figure = figures(page).first();
  await run(figure);
  await page.evaluate(() => {
    window.heard = [];
    document.addEventListener('smm-lab:event', ({ target, detail }) => window.heard.push([target.localName, detail.stage]));
  });
  await page.keyboard.press('Tab');
  await expect(stage(figure)).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(stage(figure)).not.toHaveAttribute('data-row', '0');
  await page.keyboard.press('3');
  await page.keyboard.press('Space');
  await expect(stage(figure)).toHaveAttribute('data-playing', 'false', { timeout: 30_000 });
  const heard = await page.evaluate(() => window.heard);
  expect([...new Set(heard.map(([name]) => name))]).toEqual(['smm-lab']);
  expect(heard.map(([, stage]) => stage)).toEqual(expect.arrayContaining(['smi', 'save-state', 'smram', 'rsm', 'os']));
});

test('attributes may change while the figure runs', async ({ page, article }) => {
  await page.goto((await article()).url);
  const figure = figures(page).first();
  await run(figure);
  await stage(figure).press('ArrowRight');
  const row = await stage(figure).getAttribute('data-row');
  const set = (name, value) => figure.evaluate((element, [name, value]) => element.setAttribute(name, value), [name, value]);
  await set('lang', 'ja');
  await expect(inside(figure, '[data-act=play]')).toHaveText('再生');
  await expect(stage(figure)).toHaveAttribute('data-row', row);

  const ground = () => stage(figure).evaluate(element => getComputedStyle(element).backgroundColor);
  await set('theme', 'light');
  const light = await ground();
  await set('theme', 'dark');
  expect(await ground()).not.toBe(light);
  await page.emulateMedia({ colorScheme: 'light' });
  await set('theme', 'auto');
  expect(await ground()).toBe(light);

  await set('scene', 'smi-flaw');
  await expect(inside(figure, '[role=alert]')).toContainText('smi-flaw');
  await expect(inside(figure, '[role=alert]')).toContainText('smi-flow');
  await set('scene', 'ready-to-lock');
  await expect(stage(figure)).toHaveAttribute('data-scene', 'ready-to-lock');
  await expect(stage(figure)).toHaveAttribute('data-ready', 'true', { timeout: 30_000 });
});

test('a figure that is moved runs on, and one that is taken out closes its machine', async ({ page, article }) => {
  await page.addInitScript(() => {
    window.posted = 0;
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (...args) {
      window.posted++;
      return postMessage.apply(this, args);
    };
  });
  await page.goto((await article()).url);
  const figure = figures(page).first();
  await run(figure);
  await stage(figure).press('ArrowRight');
  await expect(stage(figure)).toHaveAttribute('data-state-hash', /./);
  const row = await stage(figure).getAttribute('data-row');
  await page.evaluate(() => document.querySelector('article').prepend(document.querySelector('smm-lab')));
  await expect(stage(figure)).toHaveAttribute('data-row', row);

  const before = await page.evaluate(() => window.posted);
  await page.evaluate(() => {
    window.kept = document.querySelector('smm-lab');
    window.kept.remove();
  });
  await expect.poll(() => page.evaluate(() => window.posted)).toBe(before + 1);
  await page.evaluate(() => document.querySelector('article').prepend(window.kept));
  await run(figure);
  await expect(stage(figure)).not.toHaveAttribute('data-row', row);
});

test.describe('when something is missing', () => {
  // Requests fail on purpose here, and the browser reports them: so not the `page` that forbids it.
  test('without JavaScript, the fallback stands', async ({ browser, article }) => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto((await article()).url);
    for (const figure of await figures(page).all()) await expect(figure.locator('p')).toBeVisible();
    await context.close();
  });

  test('while it loads, the fallback stands; then the figure alone', async ({ browser, article }) => {
    const page = await browser.newPage();
    let go;
    const gate = new Promise(done => (go = done));
    await page.route('**/*.wasm', async route => {
      await gate;
      await route.continue();
    });
    await page.goto((await article()).url);
    const figure = figures(page).first();
    const fallback = figure.locator('> p');
    await expect(fallback).toBeVisible();
    await expect(figure.getByRole('alert')).toBeHidden();
    go();
    await run(figure);
    await expect(fallback).not.toBeVisible();
    await page.close();
  });

  test('a lab that does not answer leaves the fallback', async ({ browser, article }) => {
    const page = await browser.newPage();
    await page.route('**/smm-lab.js', route => route.abort());
    await page.goto((await article()).url);
    await expect(figures(page).first().locator('p')).toBeVisible();
    await page.close();
  });

  for (const missing of ['figures-*.js', 'figures-*_bg.wasm', 'figures-*.css']) {
    test(`${missing} does not come: a message in the figure's language, and another attempt`, async ({ browser, article, site }) => {
      const page = await browser.newPage();
      await page.route(`**/${missing}*`, route => route.abort());
      await page.goto((await article()).url);
      const words = ['could not be loaded', 'Không tải được', '読み込めませんでした'];
      for (const [i, text] of words.entries()) {
        const figure = figures(page).nth(i);
        await figure.scrollIntoViewIfNeeded();
        await expect(figure.getByRole('alert')).toContainText(text);
        await expect(figure.getByRole('alert')).toContainText(new URL(site.url).origin);
        await expect(figure.locator('> p')).toBeVisible();
      }
      await page.unroute(`**/${missing}*`);
      const figure = figures(page).first();
      await figure.getByRole('button', { name: 'Try again' }).click();
      await run(figure);
      await page.close();
    });
  }
});
