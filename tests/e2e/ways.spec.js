// Scenes of a variable's way: where it ends with each fault, read from the machine.
import AxeBuilder from '@axe-core/playwright';

import { attempt } from './support/flash.js';
import { expect, test } from './support/test.js';

const open = async (page, id, query = '') => {
  await page.goto(`./${query}#/scene/${id}`);
  await expect(page.locator('figure.sc')).toHaveAttribute('data-ready', 'true', { timeout: 60_000 });
};
const stops = page => page.locator('.stations');
const station = (page, name) => page.locator(`[data-station="${name}"]`);

test('four layers, each broken in turn, with the log lines of the diary', async ({ page }) => {
  test.setTimeout(120_000);
  await open(page, 'four-layers');
  await expect(stops(page)).toHaveAttribute('data-stops', 'none');
  await expect(station(page, 'later')).toContainText('getvar SetupData: EFI_SUCCESS');
  await expect(station(page, 'service')).toContainText('VariableSmm: SetVariable success');

  await attempt(page, 'layer-1');
  await expect(stops(page)).toHaveAttribute('data-stops', 'setup');
  await expect(station(page, 'setup')).toContainText('Saved');
  await expect(station(page, 'service')).toHaveAttribute('data-state', 'never');
  await expect(station(page, 'service').locator('pre')).toHaveCount(0);

  await attempt(page, 'layer-2');
  await expect(stops(page)).toHaveAttribute('data-stops', 'smm');
  await expect(station(page, 'service')).toContainText("VariableSmm: SetVariable 'SetupData' = EFI_ACCESS_DENIED");

  await attempt(page, 'layer-3');
  await expect(stops(page)).toHaveAttribute('data-stops', 'flash');
  await expect(station(page, 'service')).toContainText('VariableSmm: SetVariable success');
  await expect(station(page, 'flash')).toContainText('SpiFlash: WriteBlock failed: write protection enabled');
  await expect(station(page, 'later')).toContainText('EFI_NOT_FOUND');

  await attempt(page, 'layer-4');
  await expect(stops(page)).toHaveAttribute('data-stops', 'flash');
  await expect(station(page, 'later')).toHaveAttribute('data-state', 'lost');
});

test('SetVariable() of the OS, by keys; FTW works only when the store is made anew', async ({ page }) => {
  test.setTimeout(120_000);
  await open(page, 'runtime-setvariable');
  await expect(stops(page)).toHaveAttribute('data-stops', 'none');
  await expect(station(page, 'ftw')).toHaveAttribute('data-state', 'aside');
  for (const [id, where] of [['silent', 'smi'], ['refused', 'smm'], ['protected', 'flash'], ['reclaim', 'none']]) {
    await page.locator(`[data-attempt="${id}"]`).focus();
    await page.keyboard.press('Enter');
    await expect(page.locator(`[data-attempt="${id}"]`)).toHaveAttribute('aria-pressed', 'true');
    await expect(page.locator('figure.sc')).toHaveAttribute('data-ready', 'true', { timeout: 60_000 });
    await expect(stops(page), id).toHaveAttribute('data-stops', where);
  }
  await expect(station(page, 'ftw')).toHaveAttribute('data-state', 'passed');
});

for (const scene of ['four-layers', 'runtime-setvariable']) {
  for (const theme of ['light', 'dark']) {
    for (const lang of ['en', 'vi', 'ja']) {
      test(`axe finds nothing: ${scene}, ${theme}, ${lang}`, async ({ page }) => {
        await open(page, scene, `?lang=${lang}&theme=${theme}`);
        await attempt(page, scene === 'four-layers' ? 'layer-3' : 'protected');
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      });
    }
  }
}
