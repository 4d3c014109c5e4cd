// What reports measure in a browser: one page in a fresh browser, with an empty cache.
import { chromium } from '@playwright/test';

import { launchOptions } from './browser.js';
import { figures, serveArticle } from './embed.js';
import { serveSite } from './site.js';

/** The pages that reports look at: `open` goes there and waits until the machine is ready; the figure comes back. */
export const VIEWS = {
  page: {
    name: 'the page, smi-flow',
    open: (page, site) => page.goto(site.url).then(() => readyFigure(page.locator('figure.fig').first())),
  },
  article: { name: 'an article, smi-flow alone', open: (page, site, article) => embedded(page, article, 'smi-flow') },
  lock: { name: 'an article, ready-to-lock alone', open: (page, site, article) => embedded(page, article, 'ready-to-lock') },
};

async function readyFigure(figure) {
  await figure.and(figure.page().locator('[data-ready="true"]')).waitFor({ timeout: 120_000 });
  return figure;
}

async function embedded(page, article, scene) {
  const alone = `<smm-lab scene="${scene}"></smm-lab>`;
  const { url } = await article({ change: html => html.replace(/<smm-lab[^>]*>[^]*<\/smm-lab>/, alone) });
  await page.goto(url);
  return readyFigure(figures(page).first().locator('figure.fig'));
}

/** Calls `look(figure, page, site)` once a view is ready. */
export async function inView(view, look) {
  const site = await serveSite();
  const browser = await chromium.launch(launchOptions);
  let served;
  const article = async options => (served = await serveArticle(site.url, options));
  try {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      window.longTasks = [];
      new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(entry => Math.round(entry.duration)))).observe({ type: 'longtask', buffered: true });
    });
    return await look(await view.open(page, site, article), page, site);
  } finally {
    await browser.close();
    await served?.close();
    await site.close();
  }
}
