// The page of flash and variables: the store down to bytes, who protects what, refusals, power cuts, faults by name.
import { readFile } from 'node:fs/promises';

import AxeBuilder from '@axe-core/playwright';

import {
  answers, board, cutDuring, fault, lastRecord, openFlash, openRecord, operations, records, say, settled,
} from './support/flash.js';
import { expect, test } from './support/test.js';

test('the header leads to it, and the home page too', async ({ page }) => {
  await page.goto('./');
  await page.locator('header nav a[href="#/flash"]').click();
  await settled(page, 0);
  await page.goto('./#/');
  await page.locator('.ways a[href="#/flash"]').click();
  await settled(page, 0);
});

test('a variable becomes a record: state, fields and bytes; its successor deletes it; and it is taken back', async ({ page }) => {
  await openFlash(page);
  await say(page, 'setvar Demo 7 c0ffee');
  await expect(answers(page)).toContainText('setvar Demo: EFI_SUCCESS');
  await expect(records(page, 'Demo')).toHaveCount(1);
  await expect(lastRecord(page, 'Demo')).toHaveAttribute('data-state', '3f');
  await expect(lastRecord(page, 'Demo')).toHaveClass(/\bnew\b/);
  await openRecord(page, 'Demo');
  await expect(lastRecord(page, 'Demo').locator('[data-field="Data"] .by')).toHaveText('C0FFEE');
  await expect(lastRecord(page, 'Demo').locator('[data-field="StartId"] .by')).toHaveText('AA55');
  await say(page, 'setvar Demo 7 0bad');
  await expect(records(page, 'Demo')).toHaveCount(2);
  await expect(records(page, 'Demo').first()).toHaveAttribute('data-state', '3c');
  await say(page, 'delvar Demo');
  await expect(lastRecord(page, 'Demo')).toHaveAttribute('data-state', '3d');
  await page.locator('[data-act="back"]').click();
  await settled(page, 2);
  await expect(lastRecord(page, 'Demo')).toHaveAttribute('data-state', '3f');
  await page.locator('[data-act="afresh"]').click();
  await settled(page, 0);
  await expect(records(page, 'Demo')).toHaveCount(0);
});

test('each operation tells place, length and who asked; and what refuses names its bit', async ({ page }) => {
  await openFlash(page);
  await say(page, 'setvar Demo 7 c0ffee');
  await expect(operations(page).first()).toHaveAttribute('data-work', 'program');
  await expect(operations(page).first()).toContainText('SMM');
  await expect(operations(page).first()).toContainText('FFF0');
  await say(page, 'poke fed1f808 100000');
  await say(page, 'poke fed1f804 0005e003');
  await expect(operations(page).first()).toHaveAttribute('data-result', 'refused');
  await expect(operations(page).first()).toContainText('BIOS_CNTL.BIOSWE = 0');
  await expect(operations(page).first()).toContainText('BIOS_CNTL.SMM_BWP = 1');
});

test('the map says who protects each part, and a bit that is pressed shows who holds it', async ({ page }) => {
  await openFlash(page);
  const row = address => page.locator(`.fmap tr[data-piece="${address}"]`);
  await expect(row('FFF00000h').first().locator('td').nth(3).locator('.open')).toBeVisible();
  await expect(row('FFF11000h').locator('td').nth(3)).toContainText('PR0.WPE = 1');
  await expect(page.locator('[data-bit="HSFS.FLOCKDN"]')).toHaveClass(/\bon\b/);
  await page.locator('[data-bit="PR1.WPE"]').click();
  await settled(page, 1);
  await expect(page.locator('[data-bit="PR1.WPE"] b')).toHaveText('0');
  await expect(operations(page).first()).toContainText('HSFS.FLOCKDN = 1');
});

test('power goes in the middle of a write: the old value holds, and the next boot tells what it found', async ({ page }) => {
  await openFlash(page);
  await say(page, 'setvar Demo 7 11');
  await cutDuring(page, 'setvar Demo 7 22', 3);
  await expect(page.locator('.fops [data-result="cut"]')).toHaveCount(1);
  await say(page, 'getvar Demo');
  await expect(answers(page)).toContainText('getvar Demo: EFI_SUCCESS 0x7 11');
  await page.locator('[data-act="back"]').click();
  await settled(page, 2);
  await page.locator('[data-act="back"]').click();
  await settled(page, 1);
  await say(page, 'setvar Demo 7 22');
  await say(page, 'getvar Demo');
  await expect(answers(page)).toContainText('getvar Demo: EFI_SUCCESS 0x7 22');
  await page.locator('[data-act="cut-now"]').click();
  await settled(page, 4);
  await say(page, 'getvar Demo');
  await expect(answers(page).locator('.ans').last()).toHaveText('getvar Demo: EFI_SUCCESS 0x7 22');
});

test('a command with fewer operations keeps its power, and that is said', async ({ page }) => {
  await openFlash(page);
  await cutDuring(page, 'lsvar', 1);
  await expect(page.locator('.at-operations [role="status"]')).toBeVisible();
});

test('a fault is found by a word and chosen by its name; undo takes it back; a link brings it', async ({ page }) => {
  await openFlash(page);
  await page.locator('[data-act="faults"]').click();
  await page.locator('.seek input').fill('nvram');
  await fault(page, 'nvram-protected').check();
  await settled(page, 0);
  await say(page, 'setvar Demo 7 c0ffee');
  await expect(answers(page)).toContainText('setvar Demo: EFI_WRITE_PROTECTED');
  await expect(operations(page).first()).toContainText('PR0.WPE = 1');
  await expect(page.locator('.at-operations .dlog')).toContainText('SpiFlash: WriteBlock failed: write protection enabled');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']).catch(() => {});
  await page.locator('[data-act="undo"]').click();
  await settled(page, 0);
  await expect(fault(page, 'nvram-protected')).not.toBeChecked();
  await say(page, 'setvar Demo 7 c0ffee');
  await expect(answers(page)).toContainText('setvar Demo: EFI_SUCCESS');
  await page.locator('[data-act="redo"]').click();
  await settled(page, 0);
  await expect(fault(page, 'nvram-protected')).toBeChecked();
});

test('Ctrl+Z takes a fault back, Ctrl+Shift+Z brings it again, and neither does anything where there is nothing', async ({ page }) => {
  await openFlash(page);
  await say(page, 'setvar Demo 7 c0ffee');
  await page.locator('[data-act="back"]').focus();
  await page.keyboard.press('Control+z');
  await settled(page, 1);
  await page.locator('[data-act="faults"]').click();
  await fault(page, 'nvram-protected').check();
  await settled(page, 0);
  await fault(page, 'nvram-protected').press('Control+z');
  await settled(page, 0);
  await expect(fault(page, 'nvram-protected')).not.toBeChecked();
  await fault(page, 'nvram-protected').press('Control+Shift+z');
  await settled(page, 0);
  await expect(fault(page, 'nvram-protected')).toBeChecked();
});

test('another link in the same window is another bench', async ({ page }) => {
  await openFlash(page);
  await say(page, 'setvar Demo 7 c0ffee');
  const pack = value => Buffer.from(JSON.stringify(value)).toString('base64url');
  const link = `#/flash?v=1&image=smmlab&build=release&edits=${pack({ edit: [] })}&said=${pack(['getvar Demo'])}`;
  await page.evaluate(link => (location.hash = link), link);
  await expect(page.locator('[data-build="release"]')).toHaveAttribute('aria-pressed', 'true');
  await settled(page, 0);
  await expect(answers(page)).toContainText('getvar Demo: EFI_NOT_FOUND');
  await expect(records(page, 'Demo')).toHaveCount(0);
  await page.evaluate(() => (location.hash = '#/flash?v=9'));
  await expect(page.locator('.flsp [role="alert"]')).toContainText('9');
  await expect(answers(page)).toContainText('getvar Demo: EFI_NOT_FOUND');
});

test('the board has the same faults: chosen, they are edits', async ({ page }) => {
  await page.goto('./#/board');
  await page.locator('.board[data-booting="false"] [data-act="faults"]').click();
  const [bar, catalogue] = await Promise.all(['.bbar', '.at-faults'].map(part => page.locator(part).boundingBox()));
  expect(catalogue.y - bar.y - bar.height).toBe(8);
  await page.locator('.seek input').fill('depex-circle');
  await fault(page, 'depex-circle').check();
  await expect(page.locator('.edits li')).toHaveCount(1);
  await fault(page, 'depex-circle').uncheck();
  await expect(page.locator('.edits li')).toHaveCount(0);
});

test('the store is saved as a file, and the image boots with it again', async ({ page }) => {
  await openFlash(page);
  await say(page, 'setvar Demo 7 c0ffee');
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[data-act="save-store"]').click()]);
  const saved = await download.path();
  await page.locator('[data-act="afresh"]').click();
  await settled(page, 0);
  await page.locator('.flsp input[type="file"]').setInputFiles(saved);
  await expect(records(page, 'Demo')).toHaveCount(1, { timeout: 60_000 });
  await settled(page, 0);
  await say(page, 'getvar Demo');
  await expect(answers(page)).toContainText('getvar Demo: EFI_SUCCESS 0x7 c0ffee');
  // No link carries it.
  await expect(page.locator('[data-act="copy-link"]')).toBeDisabled();
  await page.locator('.flsp input[type="file"]').setInputFiles({ name: 'x.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(100) });
  await expect(page.locator('.flsp [role="alert"]')).toContainText('x.bin');
});

test('the variables are saved as JSON, opened by the button or dropped, and those that are not listed stay', async ({ page }) => {
  await openFlash(page);
  await say(page, 'setvar Demo 7 c0ffee');
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[data-act="save-json"]').click()]);
  const saved = JSON.parse(await readFile(await download.path(), 'utf8'));
  expect(saved.version).toBe(2);
  const demo = saved.variables.find(one => one.name === 'Demo');
  expect(demo).toEqual({ name: 'Demo', guid: '5E70DA7A-5A5A-4C41-8B53-4D4D4C414200', attr: 7, data: 'c0ffee' });
  await page.locator('[data-act="afresh"]').click();
  await settled(page, 0);
  await say(page, 'setvar Other 7 01');
  const file = (name, variables) =>
    ({ name, mimeType: 'application/json', buffer: Buffer.from(JSON.stringify({ version: 2, variables })) });
  await page.locator('.flsp input[type="file"]').setInputFiles(file('mine.json', [demo]));
  await expect(records(page, 'Demo')).toHaveCount(1, { timeout: 60_000 });
  await settled(page, 0);
  await say(page, 'getvar Demo');
  await expect(answers(page)).toContainText('getvar Demo: EFI_SUCCESS 0x7 c0ffee');
  await expect(records(page, 'Other')).toHaveCount(1);
  const text = JSON.stringify({ version: 2, variables: [{ ...demo, data: '0bad' }] });
  const dropped = await page.evaluateHandle(text => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'mine.json', { type: 'application/json' }));
    return data;
  }, text);
  await board(page).dispatchEvent('drop', { dataTransfer: dropped });
  await expect(records(page, 'Demo')).toHaveCount(2, { timeout: 60_000 });
  await settled(page, 0);
  await say(page, 'getvar Demo');
  await expect(answers(page)).toContainText('getvar Demo: EFI_SUCCESS 0x7 0bad');
  await page.locator('.flsp input[type="file"]').setInputFiles(file('large.json', [{ ...demo, data: '00'.repeat(0x8000) }]));
  await expect(page.locator('.flsp [role="alert"]')).toContainText('large.json: Demo: ');
});

test('a flash part that protects itself, which is no edit of the image, refuses what is written', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openFlash(page);
  await page.locator('[data-act="faults"]').click();
  await page.locator('.seek input').fill('block');
  await fault(page, 'flash-part-protected').check();
  await settled(page, 0);
  await say(page, 'setvar Demo 7 c0ffee');
  await expect(answers(page)).toContainText('setvar Demo: EFI_DEVICE_ERROR');
  await page.locator('[data-act="copy-link"]').click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('#/flash?');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.locator('[data-act="undo"]').click();
  await settled(page, 0);
  await expect(fault(page, 'flash-part-protected')).not.toBeChecked();
  await say(page, 'setvar Demo 7 c0ffee');
  await expect(answers(page)).toContainText('setvar Demo: EFI_SUCCESS');
  await page.goto('about:blank');
  await page.goto(link);
  await settled(page);
  await expect(answers(page)).toContainText('setvar Demo: EFI_DEVICE_ERROR');
});

test('by keys alone', async ({ page }) => {
  await openFlash(page);
  await page.locator('[data-say="setvar Demo 7 c0ffee"]').focus();
  await page.keyboard.press('Enter');
  await settled(page, 1);
  await lastRecord(page, 'Demo').locator('.rec-h').focus();
  await page.keyboard.press('Enter');
  await expect(lastRecord(page, 'Demo').locator('[data-field="Data"]')).toBeVisible();
  await page.locator('[data-act="arm"]').focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowUp');
  await page.locator('.flsp .say input').focus();
  await page.keyboard.type('setvar Demo 7 0bad');
  await page.keyboard.press('Enter');
  await settled(page, 2);
  await expect(page.locator('.fops [data-result="cut"]')).toHaveCount(1);
  await page.locator('[data-act="faults"]').focus();
  await page.keyboard.press('Enter');
  await page.locator('.seek input').focus();
  await page.keyboard.type('flash-not-opened');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await settled(page, 0);
  await expect(fault(page, 'flash-not-opened')).toBeChecked();
});

test('the bar is of one height, and a lock stands beside what it holds', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await openFlash(page);
  const heights = await page.locator('.bbar .btn').evaluateAll(all => all.map(button => button.getBoundingClientRect().height));
  expect(new Set(heights).size, String(heights)).toBe(1);
  const apart = await page.locator('.fmap .shut').evaluateAll(all =>
    all.filter(one => {
      const [lock, held] = ['.i', ':scope > :nth-child(2)'].map(part => one.querySelector(part).getBoundingClientRect());
      return lock.right > held.left || lock.bottom < held.top || lock.top > held.bottom;
    }).map(one => one.textContent),
  );
  expect(apart).toEqual([]);
});

test('a narrow page shows one panel at a time, and nothing is wider than it', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 800 });
  await openFlash(page, '?lang=vi');
  await say(page, 'setvar Demo 7 c0ffee');
  for (const panel of ['store', 'operations', 'map', 'console']) {
    await page.locator(`.flsp > .tabs [data-tab="${panel}"]`).click();
    await expect(page.locator(`.panel.at-${panel}`).first()).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth), panel).toBeLessThanOrEqual(360);
  }
  await page.locator('.flsp > .tabs [data-tab="store"]').click();
  await openRecord(page, 'Demo');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});

for (const theme of ['light', 'dark']) {
  for (const lang of ['en', 'vi', 'ja']) {
    test(`axe finds nothing: flash, ${theme}, ${lang}`, async ({ page }) => {
      await openFlash(page, `?lang=${lang}&theme=${theme}`);
      await page.locator('[data-act="faults"]').click();
      await fault(page, 'nvram-protected').check();
      await settled(page, 0);
      await say(page, 'setvar Demo 7 c0ffee');
      await cutDuring(page, 'setvar Demo 7 22', 1);
      await expect(board(page)).toHaveAttribute('data-ready', 'true');
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    });
  }
}
