// Exercises: a report, hints one at a time, a repair on the board, and the proof on both builds.
import AxeBuilder from '@axe-core/playwright';
import { readFile } from 'node:fs/promises';

import { boot, booted, dragBehind, file, grip, ring, setDepex } from './support/board.js';
import { expect, test } from './support/test.js';

const proof = page => page.locator('.proof');

async function open(page, id, query = '') {
  await page.goto(`./${query}#/exercise/${id}`);
  await booted(page);
}

async function prove(page, result) {
  await proof(page).locator('[data-act="prove"]').click();
  await expect(proof(page)).toHaveAttribute('data-proof', result, { timeout: 30_000 });
}

test('late by order: unrepaired fails, a wrong repair gets its answer, the right one is proved and remembered', async ({ page }) => {
  await open(page, 'late-by-order');
  await page.evaluate(() => addEventListener('smm-lab:solved', event => (window.solved = event.detail)));
  expect(await ring(page, '43h')).toBe(false);
  await prove(page, 'failed');
  await expect(proof(page).locator('.verdict')).toHaveAttribute('data-response', 'still-late');
  await expect(proof(page).locator('[data-check="service-c"] [data-role="fault"]')).toHaveCount(2);

  await file(page, 'PlatformSmm').locator('.name').click();
  await file(page, 'PlatformSmm').locator('[data-act="drop"]').click();
  await prove(page, 'failed');
  await expect(proof(page).locator('.verdict')).toHaveAttribute('data-response', 'no-lock-driver');
  await page.locator('[data-act="undo"]').click();

  await dragBehind(page, 'DriverC', 'DriverB');
  await boot(page);
  expect(await ring(page, '43h')).toBe(true);
  await prove(page, 'passed');
  expect(await page.evaluate(() => window.solved)).toBe('late-by-order');
  await expect(proof(page).locator('[data-role="fault"]')).toHaveCount(0);

  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[data-act="keep"]').click()]);
  const result = JSON.parse(await readFile(await download.path(), 'utf8'));
  expect(result).toMatchObject({ exercise: 'late-by-order', passed: true, hints: 0 });
  expect(result.trials.map(trial => trial.build)).toEqual(['debug', 'release']);

  await page.goto('./#/');
  await expect(page.locator('[data-way="late-by-order"] .chip')).toBeVisible();
});

test('late by DEPEX: the board shows no comparison with the healthy boot; repaired by text', async ({ page }) => {
  await open(page, 'late-by-depex');
  await expect(page.locator('[data-difference]')).toHaveCount(0);
  await expect(file(page, 'DriverC')).toHaveAttribute('data-state', 'absent');
  await setDepex(page, 'DriverC', 'text', 'PUSH gEfiSmmSwDispatch2ProtocolGuid PUSH gSmmLabDriverBProtocolGuid AND END');
  await prove(page, 'passed');
});

test('hints come one at a time, are remembered, and so is the repair under way', async ({ page }) => {
  await open(page, 'never-true');
  const shown = page.locator('.hints li.shown');
  await expect(shown).toHaveCount(0);
  await page.locator('[data-act="hint"]').click();
  await expect(shown).toHaveCount(1);
  await grip(page, 'DriverA').focus();
  await page.keyboard.press('Alt+ArrowDown');
  await expect(page.locator('.board .edits li')).toHaveCount(1);
  await page.reload();
  await booted(page);
  await expect(shown).toHaveCount(1);
  await expect(page.locator('.board .edits li')).toHaveCount(1);
});

test('by keyboard alone: late by order is repaired and proved', async ({ page }) => {
  await open(page, 'late-by-order');
  await page.locator('h1').click();
  const focused = () => page.evaluate(() => document.activeElement.closest('li')?.dataset.file);
  while ((await focused()) !== 'DriverC') await page.keyboard.press('Tab');
  await page.keyboard.press('Alt+ArrowUp');
  await expect(page.locator('.board .edits li')).toHaveCount(1);
  while ((await page.evaluate(() => document.activeElement.dataset.act)) !== 'prove') await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(proof(page)).toHaveAttribute('data-proof', 'passed', { timeout: 30_000 });
});

test('an exercise that there is not says so', async ({ page }) => {
  await page.route('**/content/exercises/nothing.*', route => route.fulfill({ status: 200, body: '{"damaged"' }));
  await page.goto('./#/exercise/nothing');
  await expect(page.locator('.fault')).toContainText('content/exercises/nothing.en.json');
});

for (const theme of ['light', 'dark']) {
  for (const lang of ['en', 'vi', 'ja']) {
    test(`axe finds nothing: exercise, ${theme}, ${lang}`, async ({ page }) => {
      await open(page, 'late-by-order', `?lang=${lang}&theme=${theme}`);
      await page.locator('[data-act="hint"]').click();
      await prove(page, 'failed');
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    });
  }
}
