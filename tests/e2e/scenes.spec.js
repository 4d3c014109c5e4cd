// The scenes of software and hardware SMIs, each on a page of its own.
import AxeBuilder from '@axe-core/playwright';

import { expect, test } from './support/test.js';

const scene = (page, id) => page.locator(`figure[data-scene="${id}"]`);

async function open(page, id, query = '') {
  await page.goto(`./${query}#/scene/${id}`);
  await expect(scene(page, id)).toHaveAttribute('data-ready', 'true', { timeout: 45_000 });
}

/** A trial is over and shown. */
const tried = (figure, id) => expect(figure).toHaveAttribute('data-tried', id, { timeout: 30_000 });

test('software-smi: with a handler, without one, and with APMC_EN off', async ({ page }) => {
  await open(page, 'software-smi');
  const figure = scene(page, 'software-smi');
  await tried(figure, 'handler');
  await expect(figure.locator('.path')).toContainText('EFI_SUCCESS');
  await figure.locator('[data-try="nobody"]').click();
  await tried(figure, 'nobody');
  await expect(figure.locator('.path')).toContainText('EFI_NOT_FOUND');
  await expect(figure.locator('.path [data-role="smm"]')).toBeVisible();
  await figure.locator('[data-try="off"]').click();
  await tried(figure, 'off');
  await expect(figure.locator('.path')).toContainText('no answer');
  await expect(figure.locator('.path [data-role="smm"]')).toHaveCount(0);
  await figure.locator('input.scrub').press('End');
  await expect(figure.locator('figure.fig')).toHaveAttribute('data-taken', '0');
});

test('hardware-smi: each hand makes an SMI, by keys', async ({ page }) => {
  await open(page, 'hardware-smi');
  const figure = scene(page, 'hardware-smi');
  await tried(figure, 'power-button');
  for (const id of ['thermal', 'gpio', 'power-button']) {
    await figure.locator(`[data-try="${id}"]`).focus();
    await page.keyboard.press('Enter');
    await tried(figure, id);
    await expect(figure.locator('.path [data-role="smm"]')).toBeVisible();
    await figure.locator('input.scrub').press('End');
    await expect(figure.locator('figure.fig')).toHaveAttribute('data-taken', '1');
  }
  await figure.locator('[data-build="release"]').click();
  await expect(figure).toHaveAttribute('data-ready', 'true', { timeout: 30_000 });
  await tried(figure, 'power-button');
});

test('what is pressed plays, what comes first waits; and nothing below moves', async ({ page }) => {
  await open(page, 'hardware-smi');
  const figure = scene(page, 'hardware-smi');
  await expect(figure.locator('figure.fig')).toHaveAttribute('data-playing', 'false');
  const before = await figure.boundingBox();
  await figure.locator('[data-try="gpio"]').click();
  await tried(figure, 'gpio');
  await expect(figure.locator('figure.fig')).toHaveAttribute('data-playing', 'true');
  expect((await figure.boundingBox()).height).toBe(before.height);
});

for (const id of ['software-smi', 'hardware-smi']) {
  for (const theme of ['light', 'dark']) {
    for (const lang of ['en', 'vi', 'ja']) {
      test(`axe finds nothing: ${id}, ${theme}, ${lang}`, async ({ page }) => {
        await open(page, id, `?lang=${lang}&theme=${theme}`);
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      });
    }
  }
}

const point = (page, id) => page.locator(`.ckl [data-item="${id}"]`);

test('the checklist is answered by the machine: healthy, then with faults, by keys', async ({ page }) => {
  await open(page, 'setting-not-persisting');
  const figure = page.locator('.ckl');
  await expect(figure).toHaveAttribute('data-ready', 'true', { timeout: 45_000 });
  await expect(figure.locator('[data-state="holds"]')).toHaveCount(12);
  await expect(point(page, 'flash')).toContainText('3Fh 01');
  // A closed list takes letters: as a person chooses without a mouse.
  await figure.locator('select').focus();
  await page.keyboard.type('A protected range');
  await page.keyboard.press('Enter');
  await expect(figure).toHaveAttribute('data-ready', 'true', { timeout: 45_000 });
  await expect(point(page, 'status')).toHaveAttribute('data-state', 'fails');
  await expect(point(page, 'status')).toContainText('EFI_WRITE_PROTECTED');
  await expect(point(page, 'range')).toContainText('100h');
  await expect(point(page, 'smi')).toHaveAttribute('data-state', 'holds');
  await figure.locator('select').selectOption('setup-never-saves');
  await expect(figure).toHaveAttribute('data-ready', 'true', { timeout: 45_000 });
  await expect(figure.locator('.ck-e')).toHaveAttribute('data-first', 'calls');
  await expect(point(page, 'accepted')).toHaveAttribute('data-state', 'skipped');
  // RELEASE has no log: what that alone tells isn't asked.
  await figure.locator('[data-build="release"]').click();
  await expect(figure).toHaveAttribute('data-ready', 'true', { timeout: 45_000 });
  await expect(point(page, 'calls')).toHaveAttribute('data-state', 'silent');
  await expect(figure.locator('.ck-e')).toHaveAttribute('data-first', 'used');
  await figure.locator('select').selectOption('');
  await expect(figure).toHaveAttribute('data-ready', 'true', { timeout: 45_000 });
  await expect(figure.locator('[data-state="holds"]')).toHaveCount(11);
});

for (const theme of ['light', 'dark']) {
  for (const lang of ['en', 'vi', 'ja']) {
    test(`axe finds nothing: checklist, ${theme}, ${lang}`, async ({ page }) => {
      await page.setViewportSize({ width: 360, height: 800 });
      await page.goto(`./?lang=${lang}&theme=${theme}#/scene/setting-not-persisting`);
      await page.locator('.ckl select').selectOption('flash-not-opened');
      await expect(page.locator('.ckl')).toHaveAttribute('data-ready', 'true', { timeout: 45_000 });
      await expect(page.locator('.ckl [data-state="fails"]').first()).toBeVisible();
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    });
  }
}
