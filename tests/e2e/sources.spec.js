// The page of SMI sources: touches, bits that the OS writes, why an SMI was sent or wasn't, and steps taken back.
import AxeBuilder from '@axe-core/playwright';

import { bit, board, gate, lastStep, openSources, press, settled, tryOut, value, why } from './support/sources.js';
import { expect, test } from './support/test.js';

test('the header leads to it, and the home page too', async ({ page }) => {
  await page.goto('./');
  await page.locator('header nav a[href="#/smi"]').click();
  await settled(page, 0);
  await expect(page.locator('header nav a[aria-current="page"]')).toHaveAttribute('href', '#/smi');
  await page.goto('./#/');
  await page.locator('.ways a[href="#/smi"]').click();
  await settled(page, 0);
});

test('the power button: its SMI is explained bit by bit, shown on its way, and taken back', async ({ page }) => {
  await openSources(page);
  await tryOut(page, 'press');
  await expect(lastStep(page)).toHaveAttribute('data-taken', '1');
  await expect(why(page)).toHaveAttribute('data-why', 'power-button');
  await expect(why(page)).toHaveAttribute('data-sent', 'true');
  await expect(gate(page, 'PM1_STS.PWRBTN_STS')).toHaveAttribute('data-open', 'true');
  await expect(gate(page, 'PM1_EN.PWRBTN_EN')).toHaveAttribute('data-open', 'true');
  const figure = page.locator('.at-machine figure.fig');
  await figure.locator('input.scrub').press('End');
  await expect(figure).toHaveAttribute('data-taken', '1');
  await expect(figure.locator('.p-log')).toContainText('PM1_STS');
  await page.locator('[data-act="undo"]').click();
  await settled(page, 0);
  await expect(page.locator('.steps li')).toHaveCount(0);
  await expect(value(page, 'PM1_STS.PWRBTN_STS')).toHaveText('0');
});

test('the OS clears an enable: the button is silent, and the gate that is shut is named', async ({ page }) => {
  await openSources(page);
  await press(page, 'PM1_EN.PWRBTN_EN');
  await expect(page.locator('.at-console .con')).toContainText('> out 603 ');
  await expect(value(page, 'PM1_EN.PWRBTN_EN')).toHaveText('0');
  await expect(bit(page, 'PM1_EN.PWRBTN_EN')).toHaveClass(/\bnew\b/);
  await tryOut(page, 'press');
  await expect(lastStep(page)).toHaveAttribute('data-taken', '0');
  await expect(why(page)).toHaveAttribute('data-sent', 'false');
  await expect(page.locator('.gates .shut')).toHaveAttribute('data-gate', 'PM1_EN.PWRBTN_EN');
  await expect(value(page, 'PM1_STS.PWRBTN_STS')).toHaveText('1');
  await press(page, 'PM1_EN.PWRBTN_EN');
  await expect(lastStep(page), 'the status was waiting for its enable').toHaveAttribute('data-taken', '1');
});

test('a lock is shown with who holds it, and the write that it refuses changes nothing', async ({ page }) => {
  await openSources(page);
  await expect(bit(page, 'SMI_EN.GBL_SMI_EN')).toHaveClass(/\blk\b/);
  await expect(bit(page, 'SMI_EN.GBL_SMI_EN')).toContainText('GEN_PMCON_1.SMI_LOCK');
  await press(page, 'SMI_EN.GBL_SMI_EN');
  await expect(page.locator('.at-console .con')).toContainText('> out 630 ');
  await expect(value(page, 'SMI_EN.GBL_SMI_EN')).toHaveText('1');
  await page.locator('[data-reg="SMRAM"] .regh').click();
  await expect(page.locator('[data-reg="SMRAM"] table')).toContainText('SMRAM.D_LCK');
  await expect(page.locator('[data-reg="SMRAM"] .regd')).toContainText('316966');
});

test('a software SMI by its value; with APMC_EN off nobody hears it', async ({ page }) => {
  await openSources(page);
  await page.locator('.srcl input').fill('55');
  await tryOut(page, 'software');
  await expect(page.locator('.at-console .con')).toContainText('smi 0x55: EFI_NOT_FOUND');
  await expect(why(page)).toHaveAttribute('data-sent', 'true');
  await press(page, 'SMI_EN.APMC_EN');
  await tryOut(page, 'software');
  await expect(page.locator('.at-console .con')).toContainText('smi 0x55: no answer');
  await expect(page.locator('.gates .shut')).toHaveAttribute('data-gate', 'SMI_EN.APMC_EN');
  await page.locator('[data-act="afresh"]').click();
  await settled(page, 0);
  await expect(value(page, 'SMI_EN.APMC_EN')).toHaveText('1');
});

test('thermal, a pin, the case, the alarm, the watchdog, the periodic timer: each has its SMI', async ({ page }) => {
  test.setTimeout(120_000);
  await openSources(page);
  for (const [id, cause] of [
    ['thermal', 'thermal'], ['gpio', 'gpi1'], ['intruder', 'intruder'], ['alarm', 'rtc-alarm'], ['watchdog', 'tco-timeout'], ['periodic', 'periodic-timer'],
  ]) {
    await tryOut(page, id);
    await expect(why(page), id).toHaveAttribute('data-why', cause);
    await expect(why(page), id).toHaveAttribute('data-sent', 'true');
    expect(Number(await lastStep(page).getAttribute('data-taken')), id).toBeGreaterThan(0);
    await page.locator('[data-act="afresh"]').click();
    await settled(page, 0);
  }
});

test('held for four seconds the machine goes off, and the button switches it on again', async ({ page }) => {
  await openSources(page);
  await tryOut(page, 'hold');
  await expect(page.locator('.bbar .run')).toContainText('S5');
  await expect(page.locator('[data-try="software"]')).toHaveAttribute('aria-disabled', 'true');
  await tryOut(page, 'press');
  await expect(page.locator('[data-try="software"]')).toHaveAttribute('aria-disabled', 'false');
  await tryOut(page, 'software');
  await expect(page.locator('.at-console .con')).toContainText('smi 0x42: EFI_SUCCESS');
});

test('the registers follow the timeline', async ({ page }) => {
  await openSources(page);
  await tryOut(page, 'press');
  const figure = page.locator('.at-machine figure.fig');
  await figure.locator('input.scrub').press('End');
  await expect(figure).toHaveAttribute('data-taken', '1');
  const timeline = figure.locator('input.scrub');
  await timeline.fill(String(Math.round(Number(await timeline.getAttribute('max')) * 0.5)));
  await expect(page.locator('[data-act="now"]')).toBeVisible();
  await expect(value(page, 'SMI_EN.EOS'), 'the handler is at work').toHaveText('0');
  await page.locator('[data-act="now"]').click();
  await expect(value(page, 'SMI_EN.EOS')).toHaveText('1');
});

test('by keys alone', async ({ page }) => {
  await openSources(page);
  await page.locator('[data-try="press"]').focus();
  await page.keyboard.press('Enter');
  await settled(page, 1);
  await expect(page.locator('[data-try="press"]')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.locator('[data-try="hold"]')).toBeFocused();
  await bit(page, 'SMI_EN.APMC_EN').focus();
  await page.keyboard.press('Space');
  await settled(page, 2);
  await expect(bit(page, 'SMI_EN.APMC_EN')).toBeFocused();
  await expect(value(page, 'SMI_EN.APMC_EN')).toHaveText('0');
  await page.locator('.say input').fill('out 630 23');
  await page.keyboard.press('Enter');
  await settled(page, 3);
  await expect(value(page, 'SMI_EN.APMC_EN')).toHaveText('1');
  await page.locator('.steps li button').first().focus();
  await page.keyboard.press('Enter');
  await settled(page, 0);
});

test('a narrow page shows one panel at a time, and nothing is wider than it', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 800 });
  await openSources(page, '?lang=vi');
  await tryOut(page, 'press');
  for (const panel of ['registers', 'machine', 'console', 'sources']) {
    await page.locator(`.smip > .tabs [data-tab="${panel}"]`).click();
    await expect(page.locator(`.panel.at-${panel}`)).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth), panel).toBeLessThanOrEqual(360);
  }
  await expect(page.locator('.panel.at-registers')).toBeHidden();
});

test('with reduced motion the machine’s way stands still and has the same end', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openSources(page);
  await tryOut(page, 'press');
  const figure = page.locator('.at-machine figure.fig');
  await expect(figure).toHaveAttribute('data-playing', 'false');
  await figure.locator('input.scrub').press('End');
  await expect(figure).toHaveAttribute('data-taken', '1');
});

for (const theme of ['light', 'dark']) {
  for (const lang of ['en', 'vi', 'ja']) {
    test(`axe finds nothing: SMI sources, ${theme}, ${lang}`, async ({ page }) => {
      await openSources(page, `?lang=${lang}&theme=${theme}`);
      await press(page, 'PM1_EN.PWRBTN_EN');
      await tryOut(page, 'press');
      await page.locator('[data-reg="SMI_EN"] .regh').click();
      await expect(board(page)).toHaveAttribute('data-ready', 'true');
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    });
  }
}
