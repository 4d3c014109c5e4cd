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
