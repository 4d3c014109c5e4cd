// Photographs every view in every width, theme and language: out/<view>-<language>-<theme>-<width>.png
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium } from '@playwright/test';

import { launchOptions } from './support/browser.js';
import { figure, ready, untilItMoves } from './support/figure.js';
import { out, serveSite } from './support/site.js';

const VIEWS = [
  { name: 'home', path: './', show: ready, picture: page => page.screenshot({ fullPage: true }) },
  { name: 'smi-flow', path: './', show: playToTheEnd, picture: page => figure(page).screenshot() },
];
const WIDTHS = [360, 1280];
const THEMES = ['light', 'dark'];
const LANGUAGES = ['en', 'vi', 'ja'];

async function playToTheEnd(page) {
  await untilItMoves(page);
  await page.locator('figure.fig[data-playing="false"]').waitFor();
}

async function photograph(browser, site, { view, width, theme, language }) {
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme: theme,
    locale: language,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const address = new URL(view.path, site.url);
  address.search = new URLSearchParams({ lang: language, theme });
  await page.goto(address.href);
  await view.show(page);
  const file = join(out, `${view.name}-${language}-${theme}-${width}.png`);
  await view.picture(page).then(picture => writeFile(file, picture));
  await context.close();
  console.log(file);
}

const site = await serveSite();
const browser = await chromium.launch(launchOptions);
try {
  for (const view of VIEWS)
    for (const width of WIDTHS)
      for (const theme of THEMES)
        for (const language of LANGUAGES) await photograph(browser, site, { view, width, theme, language });
} finally {
  await browser.close();
  await site.close();
}
