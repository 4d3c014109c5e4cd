// Photographs every view in every width, theme and language: out/<view>-<language>-<theme>-<width>.png
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium } from '@playwright/test';

import { launchOptions } from './support/browser.js';
import { boot, booted, file, grip, ring } from './support/board.js';
import { figure, ready } from './support/figure.js';
import { attempt, cutDuring, openRecord, say, settled as flashSettled } from './support/flash.js';
import { out, serveSite } from './support/site.js';
import { press, settled, tryOut } from './support/sources.js';

/** The page's head, which follows the reader, would lie across a figure that is higher than the window. (Its policy
    would refuse this style: so `bypassCSP`.) */
const UNSTUCK = '.top, .ex-l { position: static !important }';

const VIEWS = [
  { name: 'home', path: './', show: ready, picture: page => page.screenshot({ fullPage: true }) },
  { name: 'board', path: './#/board', show: brokenBoard, picture: page => page.screenshot({ fullPage: true, style: UNSTUCK }) },
  { name: 'chapter', path: './#/chapter/smram-and-ready-to-lock', show: chapterRead, picture: page => page.screenshot({ fullPage: true, style: UNSTUCK }) },
  { name: 'exercise', path: './#/exercise/late-by-order', show: exerciseTried, picture: page => page.screenshot({ fullPage: true, style: UNSTUCK }) },
  { name: 'checklist', path: './#/scene/setting-not-persisting', show: checklistBroken, picture: page => page.screenshot({ fullPage: true, style: UNSTUCK }) },
  { name: 'sources', path: './#/smi', show: silentButton, picture: page => page.screenshot({ fullPage: true, style: UNSTUCK }) },
  { name: 'software-smi', path: './#/scene/software-smi', show: sceneReady, picture: page => page.screenshot({ fullPage: true, style: UNSTUCK }) },
  { name: 'hardware-smi', path: './#/scene/hardware-smi', show: sceneReady, picture: page => page.screenshot({ fullPage: true, style: UNSTUCK }) },
  { name: 'flash', path: './#/flash', show: cutInTheMiddle, picture: page => page.screenshot({ fullPage: true, style: UNSTUCK }) },
  { name: 'faults', path: './#/flash', show: pickerOpen, picture: page => page.screenshot({ fullPage: true, style: UNSTUCK }) },
  { name: 'four-layers', path: './#/scene/four-layers', show: layerThree, picture: page => page.screenshot({ fullPage: true, style: UNSTUCK }) },
  { name: 'communicate', path: './#/scene/communicate', show: sceneReady, picture: page => page.screenshot({ fullPage: true, style: UNSTUCK }) },
  { name: 'runtime-setvariable', path: './#/scene/runtime-setvariable', show: sceneReady, picture: page => page.screenshot({ fullPage: true, style: UNSTUCK }) },
  { name: 'smi-flow', path: './', show: dragToSmram, picture: page => figure(page).screenshot({ style: UNSTUCK }) },
];
const WIDTHS = [360, 1440];
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

/** Driver C behind the lock, its details open, its service rung. */
async function brokenBoard(page) {
  await booted(page);
  await file(page, 'DriverC').locator('.name').click();
  await grip(page, 'DriverC').focus();
  await page.keyboard.press('Alt+ArrowDown');
  await boot(page);
  if ((await page.viewportSize()).width > 760) await ring(page, '43h');
}

/** One question answered, driver C called. */
async function chapterRead(page) {
  await page.locator('figure[data-scene="ready-to-lock"][data-ready="true"]').waitFor();
  await page.locator('figure[data-scene="ready-to-lock"] [data-act="call"]').click();
  await page.locator('figure[data-scene="ready-to-lock"] .path[data-heard]').waitFor();
  await page.locator('[data-predict="nobody-asks"] [data-answer="no"]').click();
  await page.locator('[data-predict="nobody-asks"] [data-act="run"]').click();
  await page.locator('[data-predict="nobody-asks"] .because').waitFor();
}

/** Thermal, whose SMI is shown in the middle of its way; then the power button with its enable off. */
async function silentButton(page) {
  await settled(page, 0);
  const narrow = (await page.viewportSize()).width < 760;
  await tryOut(page, 'thermal');
  if (narrow) await page.locator('.smip > .tabs [data-tab="registers"]').click();
  await press(page, 'PM1_EN.PWRBTN_EN');
  if (narrow) await page.locator('.smip > .tabs [data-tab="sources"]').click();
  await tryOut(page, 'press');
}

/** A variable written, power cut while its successor is; its bytes. */
async function cutInTheMiddle(page) {
  await flashSettled(page, 0);
  const narrow = (await page.viewportSize()).width < 760;
  const show = async panel => narrow && (await page.locator(`.flsp > .tabs [data-tab="${panel}"]`).click());
  await say(page, 'setvar Demo 7 c0ffee');
  await cutDuring(page, 'setvar Demo 7 0badcafe', 3);
  await show('store');
  await openRecord(page, 'Demo');
}

async function pickerOpen(page) {
  await flashSettled(page, 0);
  await page.locator('[data-act="faults"]').click();
  await page.locator('.flt').first().waitFor();
  await page.locator('.flt[data-fault="nvram-protected"] input').check();
  await flashSettled(page, 0);
  await say(page, 'setvar Demo 7 c0ffee');
  if ((await page.viewportSize()).width < 760) await page.locator('.flsp > .tabs [data-tab="operations"]').click();
}

async function layerThree(page) {
  await sceneReady(page);
  await attempt(page, 'layer-3');
}

async function sceneReady(page) {
  await page.locator('figure.sc[data-ready="true"]').waitFor();
}

/** A protected range over the variables. */
async function checklistBroken(page) {
  await page.locator('.ckl select').selectOption('nvram-protected');
  await page.locator('.ckl[data-ready="true"] [data-state="fails"]').first().waitFor({ timeout: 60_000 });
}

/** A hint taken, a proof that failed. */
async function exerciseTried(page) {
  await booted(page);
  await page.locator('[data-act="hint"]').click();
  await page.locator('[data-act="prove"]').click();
  await page.locator('.proof[data-proof="failed"]').waitFor();
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
