// Scenes of a variable's way and of messages to SMM: where they end with each fault, read from the machine.
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

test('messages to SMM: answered, refused where they lie in SMRAM, and let through where only the start is checked', async ({ page }) => {
  test.setTimeout(120_000);
  await open(page, 'communicate');
  const answer = page.locator('.stations');
  await expect(answer).toHaveAttribute('data-answer', 'answered');
  await expect(station(page, 'SMI handler')).toContainText('DriverC');
  for (const [id, how] of [['nobody', 'nobody'], ['elsewhere', 'refused'], ['inside', 'refused'], ['across', 'refused'], ['start-only', 'overwritten']]) {
    await page.locator(`[data-attempt="${id}"]`).focus();
    await page.keyboard.press('Enter');
    await expect(page.locator(`[data-attempt="${id}"]`)).toHaveAttribute('aria-pressed', 'true');
    await expect(page.locator('figure.sc')).toHaveAttribute('data-ready', 'true', { timeout: 60_000 });
    await expect(answer, id).toHaveAttribute('data-answer', how);
    // What of the message lies in SMRAM stands on SMRAM's side.
    const parts = await page.locator('.msg-z.room [data-part]').count();
    expect(parts, id).toBe({ inside: 2, across: 1, 'start-only': 1 }[id] ?? 0);
    await expect(station(page, 'SMRAM'), id).toHaveAttribute('data-state', how === 'overwritten' ? 'lost' : 'passed');
  }
  await expect(station(page, 'SMM core')).toContainText('8 of 32 bytes');
  await expect(station(page, 'SMM core')).toHaveAttribute('data-state', 'lost');
  // The signature of SMM's S3 state, and the handler's zeros.
  await expect(station(page, 'SMRAM').locator('pre')).toHaveText('F00000h  53 4D 4D 53 33 5F 36 34\nF00000h  00 00 00 00 00 00 00 00');
});

for (const scene of ['four-layers', 'runtime-setvariable', 'communicate']) {
  for (const theme of ['light', 'dark']) {
    for (const lang of ['en', 'vi', 'ja']) {
      test(`axe finds nothing: ${scene}, ${theme}, ${lang}`, async ({ page }) => {
        await open(page, scene, `?lang=${lang}&theme=${theme}`);
        await attempt(page, { 'four-layers': 'layer-3', 'runtime-setvariable': 'protected', communicate: 'start-only' }[scene]);
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      });
    }
  }
}
