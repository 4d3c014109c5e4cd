// Photographs every view in every width, theme and language: out/<view>-<language>-<theme>-<width>.png
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium } from '@playwright/test';

import { launchOptions } from './support/browser.js';
import { figure, ready } from './support/figure.js';
import { out, serveSite } from './support/site.js';

/** The page's head, which follows the reader, would lie across a figure that is higher than the window. (Its policy
    would refuse this style: so `bypassCSP`.) */
const UNSTUCK = '.top { position: static !important }';

const VIEWS = [
  { name: 'home', path: './', show: ready, picture: page => page.screenshot({ fullPage: true }) },
  { name: 'smi-flow', path: './', show: dragToSmram, picture: page => figure(page).screenshot({ style: UNSTUCK }) },
];
const WIDTHS = [360, 1280];
const THEMES = ['light', 'dark'];
const LANGUAGES = ['en', 'vi', 'ja'];

const PICTURES = VIEWS.flatMap(view =>
  WIDTHS.flatMap(width => THEMES.flatMap(theme => LANGUAGES.map(language => ({ view, width, theme, language })))),
);

/** Drags the timeline to the handler at work: everything has been saved, RSM is still to come. */
async function dragToSmram(page) {
  await ready(page);
  const timeline = figure(page).locator('input.scrub');
  await timeline.fill(String(Math.round(Number(await timeline.getAttribute('max')) * 0.6)));
  await page.locator('figure.fig[data-stage="smram"]').waitFor();
}

async function photograph(browser, site, { view, width, theme, language }) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: theme, locale: language, bypassCSP: true });
  const page = await context.newPage();
  const address = new URL(view.path, site.url);
  address.search = new URLSearchParams({ lang: language, theme });
  await page.goto(address.href);
  await view.show(page);
  const file = join(out, `${view.name}-${language}-${theme}-${width}.png`);
  await writeFile(file, await view.picture(page));
  await context.close();
  console.log(file);
}

const site = await serveSite();
const browser = await chromium.launch(launchOptions);
try {
  for (const picture of PICTURES) await photograph(browser, site, picture);
} finally {
  await browser.close();
  await site.close();
}
