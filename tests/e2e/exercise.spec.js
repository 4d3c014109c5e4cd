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

test('a repair that a reader comes back to is proved as it stands', async ({ page }) => {
  await open(page, 'late-by-order');
  await dragBehind(page, 'DriverC', 'DriverB');
  await page.reload();
  await booted(page);
  await prove(page, 'passed');
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

/** Types a command into the OS's shell, or Setup's, and returns what it answers. */
async function say(page, command) {
  const answers = page.locator('.board .con .cmd');
  const before = await answers.count();
  await page.locator('.board .say input').fill(command);
  await page.keyboard.press('Enter');
  await expect(answers).toHaveCount(before + 1);
  await expect(page.locator('.board .con .quiet')).toHaveCount(0, { timeout: 30_000 });
  return (await page.locator('.board .con').innerText()).split('\n').at(-1);
}

test('variable locked: the symptom on the console, a wrong repair, the right PCD word, by mouse', async ({ page }) => {
  await open(page, 'variable-locked');
  await say(page, 'setup');
  await expect(page.locator('.board .say > .mono').first()).toHaveText('setup>');
  await say(page, '6 Enabled');
  await say(page, 'exit');
  await expect(page.locator('.board .say > .mono').first()).toHaveText('>');
  expect(await say(page, 'getvar SetupData')).toBe('getvar SetupData: EFI_NOT_FOUND');

  await file(page, 'VariableSmm').locator('.name').click();
  const policy = page.locator('[data-word="PcdSetupDataPolicy"]');
  await expect(policy).toHaveAttribute('data-value', '2');
  await policy.locator('input').fill('0x');
  await expect(policy.locator('.fault')).toBeVisible();
  await policy.locator('input').fill('0x0');
  await policy.locator('[type="submit"]').click();
  await expect(page.locator('.board .edits li')).toContainText('VariableSmm PcdSetupDataPolicy = 0');
  await prove(page, 'failed');
  await expect(proof(page).locator('.verdict')).toHaveAttribute('data-response', 'anybody');
  await expect(proof(page).locator('[data-check="os-refused"]')).toContainText('EFI_SUCCESS');

  await policy.locator('[data-act="given"]').click();
  await expect(policy).toHaveAttribute('data-value', '2');
  await expect(policy.locator('[data-act="given"]')).toHaveCount(0);
  await policy.locator('input').fill('1');
  await policy.locator('[type="submit"]').click();
  await prove(page, 'passed');
  await page.locator('[data-act="undo"]').click();
  await expect(policy).toHaveAttribute('data-value', '2');
});

test('half inside: the machine sleeps for good after the message; the check of all of it mends that', async ({ page }) => {
  await open(page, 'half-inside');
  expect(await say(page, 'comm C0000000-5A5A-4C41-8B53-4D4D4C41420C efffe8')).toContain(': EFI_SUCCESS');
  await file(page, 'PiSmmCore').locator('.name').click();
  const check = page.locator('[data-word="PcdCheckCommBuffer"]');
  await expect(check).toHaveAttribute('data-value', '2');
  await check.locator('input').fill('0');
  await check.locator('[type="submit"]').click();
  await prove(page, 'failed');
  await expect(proof(page).locator('.verdict')).toHaveAttribute('data-response', 'wider');
  await expect(proof(page).locator('[data-check="wakes"] [data-role="fault"]')).toHaveCount(2);
  await check.locator('input').fill('1');
  await check.locator('[type="submit"]').click();
  await prove(page, 'passed');
});

test('by keyboard alone: flash that refuses the variables is diagnosed, repaired and proved', async ({ page }) => {
  await open(page, 'spi-write-protected');
  await page.locator('h1').click();
  const tabTo = async (there, back = false) => {
    for (let steps = 0; !(await page.evaluate(there)); steps++) {
      expect(steps).toBeLessThan(400);
      await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
    }
  };
  await tabTo(() => document.activeElement.matches('.board .say input'));
  await page.keyboard.type('setvar Colour 7 05\n');
  await expect(page.locator('.board .con .bad')).toHaveText('setvar Colour: EFI_WRITE_PROTECTED', { timeout: 30_000 });
  await tabTo(() => document.activeElement.matches('[data-file="FvbServicesSmm"] .name'), true);
  await page.keyboard.press('Enter');
  await tabTo(() => document.activeElement.matches('[data-word="PcdFlashProtectNvram"] input'));
  await page.keyboard.press('Control+A');
  await page.keyboard.type('0\n');
  await expect(page.locator('.board .edits li')).toContainText('PcdFlashProtectNvram = 0');
  await tabTo(() => document.activeElement.dataset.act === 'prove');
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
      await open(page, 'spi-write-protected', `?lang=${lang}&theme=${theme}`);
      await page.locator('[data-act="hint"]').click();
      await prove(page, 'failed');
      await file(page, 'FvbServicesSmm').locator('.name').click();
      await page.locator('[data-word="PcdFlashLock"] input').fill('-');
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    });
  }
}
