// The chapters: live scenes, and questions that the machine answers after the reader has.
import AxeBuilder from '@axe-core/playwright';

import { expect, test } from './support/test.js';

const CHAPTER = '#/chapter/smram-and-ready-to-lock';
const scene = (page, id) => page.locator(`figure[data-scene="${id}"]`);

async function open(page, query = '') {
  await page.goto(`./${query}${CHAPTER}`);
  await ready(page, 'ready-to-lock');
  await ready(page, 'smram-lifecycle');
}

/** The scene's machine has booted the image that is shown. */
async function ready(page, id) {
  await expect(page.locator(`figure[data-scene="${id}"][data-ready="true"][data-fresh="true"]`)).toBeVisible({ timeout: 45_000 });
}

test('ready-to-lock: C is behind the lock; dragged in front it answers', async ({ page }) => {
  await open(page);
  const figure = scene(page, 'ready-to-lock');
  const c = figure.locator('[data-file="DriverC"]');
  await expect(c).toHaveAttribute('data-state', 'absent');
  await figure.locator('[data-act="call"]').click();
  await expect(figure.locator('.path')).toHaveAttribute('data-heard', 'false');
  await c.scrollIntoViewIfNeeded();
  const from = await c.locator('.grip').boundingBox();
  const to = await figure.locator('[data-file="DriverB"]').boundingBox();
  await page.mouse.move(from.x + 10, from.y + 10);
  await page.mouse.down();
  await page.mouse.move(to.x + 20, to.y + to.height - 4, { steps: 6 });
  await page.mouse.up();
  await expect(c).toHaveAttribute('data-state', 'ran', { timeout: 15_000 });
  await ready(page, 'ready-to-lock');
  await figure.locator('[data-act="call"]').click();
  await expect(figure.locator('.path')).toHaveAttribute('data-heard', 'true');
});

test('ready-to-lock by keys and by DEPEX; the log is silent on RELEASE', async ({ page }) => {
  await open(page);
  const figure = scene(page, 'ready-to-lock');
  const c = figure.locator('[data-file="DriverC"]');
  await expect(figure.locator('.dlog')).toContainText('was discovered but not loaded!!');
  await c.locator('.grip').focus();
  await page.keyboard.press('Alt+ArrowUp');
  await expect(c).toHaveAttribute('data-state', 'ran', { timeout: 15_000 });
  await expect(c.locator('.grip')).toBeFocused();
  await c.locator('select').selectOption({ label: 'SmmReadyToLock' });
  await expect(c).toHaveAttribute('data-state', 'absent', { timeout: 15_000 });
  await figure.locator('[data-build="release"]').click();
  await ready(page, 'ready-to-lock');
  await expect(figure.locator('.dlog .quiet')).toBeVisible();
  await figure.locator('[data-act="restore"]').click();
  await expect(c).toHaveAttribute('data-state', 'ran', { timeout: 15_000 });
});

test('the life of SMRAM goes step by step, and the OS reads ones at the end', async ({ page }) => {
  await open(page);
  const figure = scene(page, 'smram-lifecycle');
  await expect(figure.locator('.caps')).toHaveAttribute('data-at', 'reserve');
  for (const mark of ['load', 'register', 'lock', 'runtime']) {
    await figure.locator('[data-act="next"]').click();
    await expect(figure.locator('.caps')).toHaveAttribute('data-at', mark);
  }
  await expect(figure.locator('.con')).toContainText('0xffffffff');
});

test('predict, then run: the answer is the machine’s', async ({ page }) => {
  await open(page);
  const predict = id => page.locator(`[data-predict="${id}"]`);
  await expect(predict('c-behind-the-lock').locator('[data-act="run"]')).toBeDisabled();
  await predict('c-behind-the-lock').locator('[data-answer="EFI_SUCCESS"]').click();
  await predict('c-behind-the-lock').locator('[data-act="run"]').click();
  await expect(predict('c-behind-the-lock').locator('.because')).toHaveAttribute('data-right', 'false', { timeout: 30_000 });
  await expect(predict('c-behind-the-lock').locator('.choice.right')).toHaveAttribute('data-answer', 'EFI_NOT_FOUND');
  await predict('nobody-asks').locator('[data-answer="yes"] input').focus();
  await page.keyboard.press('Space');
  await predict('nobody-asks').locator('[data-act="run"]').focus();
  await page.keyboard.press('Enter');
  await expect(predict('nobody-asks').locator('.because')).toBeVisible({ timeout: 30_000 });
});

test('talking to SMM: messages in the chapter, and two answers that surprise', async ({ page }) => {
  await page.goto('./#/chapter/smm-communication');
  await expect(scene(page, 'communicate')).toHaveAttribute('data-ready', 'true', { timeout: 45_000 });
  for (const [id, guess, truth] of [['behind-the-lock', 'EFI_ACCESS_DENIED', 'EFI_NOT_FOUND'], ['refused-on-release', 'EFI_ACCESS_DENIED', 'EFI_SUCCESS']]) {
    const predict = page.locator(`[data-predict="${id}"]`);
    await predict.locator(`[data-answer="${guess}"]`).click();
    await predict.locator('[data-act="run"]').click();
    await expect(predict.locator('.because')).toHaveAttribute('data-right', 'false', { timeout: 30_000 });
    await expect(predict.locator('.choice.right'), id).toHaveAttribute('data-answer', truth);
  }
});

for (const theme of ['light', 'dark']) {
  for (const lang of ['en', 'vi', 'ja']) {
    test(`axe finds nothing: chapter, ${theme}, ${lang}`, async ({ page }) => {
      await open(page, `?lang=${lang}&theme=${theme}`);
      await scene(page, 'ready-to-lock').locator('[data-act="call"]').click();
      await expect(scene(page, 'ready-to-lock').locator('.path')).toHaveAttribute('data-heard', 'false');
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    });
  }
}
