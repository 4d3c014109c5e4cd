// The page as such: it loads, and without errors (support/test.js sees to that).
import { expect, test } from './support/test.js';

test('the page loads and says what it is', async ({ page }) => {
  await page.goto('./');
  await expect(page).toHaveTitle(/SMM Lab/);
});

const loaded = site => site.transfers.filter(({ status }) => status === 200).map(({ path }) => path.replace(/-[0-9a-f]+/, ''));

test('the way in comes without all pages; they come when a hand is near a link, and take its place', async ({ page, site }) => {
  const before = site.transfers.length;
  await page.goto('./');
  await expect(page.locator('figure.fig')).toHaveAttribute('data-ready', 'true', { timeout: 45_000 });
  const first = loaded({ transfers: site.transfers.slice(before) });
  expect(first).toContain('/way-in_bg.wasm');
  expect(first).not.toContain('/web_bg.wasm');
  expect(page.workers()).toHaveLength(1);

  await page.locator('header a[href="#/flash"]').hover();
  await expect.poll(() => loaded({ transfers: site.transfers.slice(before) })).toContain('/web_bg.wasm');
  await page.locator('header [data-lang="vi"]').click();
  await page.locator('header a[href="#/board"]').click();
  await expect(page.locator('.board')).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'vi');
  await page.locator('header a.brand').click();
  await expect(page.locator('main figure.fig')).toHaveAttribute('data-ready', 'true', { timeout: 45_000 });
  expect(page.workers(), 'the machine of the way in is gone').toHaveLength(1);
});

test('a page that does not come is told, with a way to try again', async ({ browser, site }) => {
  const page = await browser.newPage({ baseURL: site.url });
  await page.route(/web-[^/]*_bg\.wasm$/, route => route.abort());
  await page.goto('./?lang=ja#/board');
  await expect(page.getByRole('alert')).toContainText('SMM Lab を読み込めませんでした');
  const [text, again] = await Promise.all(['p', 'button'].map(name => page.getByRole('alert').locator(name).boundingBox()));
  expect(again.y).toBeGreaterThanOrEqual(text.y + text.height + 8);
  await page.unroute(/web-[^/]*_bg\.wasm$/);
  await page.getByRole('alert').getByRole('button').click();
  await expect(page.locator('.board')).toBeVisible({ timeout: 45_000 });
  await page.close();
});
