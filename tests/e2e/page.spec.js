// The page as such: it loads, and without errors (support/test.js sees to that).
import { expect, test } from './support/test.js';

test('the page loads and says what it is', async ({ page }) => {
  await page.goto('./');
  await expect(page).toHaveTitle(/SMM Lab/);
});
