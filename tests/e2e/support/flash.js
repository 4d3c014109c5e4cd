// The page of flash and variables, and scenes of a variable's way, as they mark themselves. Selectors stand here once.
import { expect } from '@playwright/test';

export const board = page => page.locator('.flsp');

/** Nothing is under way: `steps` have been made. */
export async function settled(page, steps) {
  await expect(board(page)).toHaveAttribute('data-ready', 'true', { timeout: 60_000 });
  if (steps !== undefined) await expect(board(page)).toHaveAttribute('data-steps', String(steps));
}

export async function openFlash(page, query = '') {
  await page.goto(`./${query}#/flash`);
  await settled(page, 0);
}

const steps = async page => Number(await board(page).getAttribute('data-steps'));

/** Types a command at the console, and waits until the machine has done it. */
export async function say(page, text) {
  const before = await steps(page);
  await page.locator('.flsp .say input').fill(text);
  await page.locator('.flsp .say input').press('Enter');
  await settled(page, before + 1);
}

/** The same, and power goes in the middle of its flash operation of this number. */
export async function cutDuring(page, text, operation) {
  await page.locator('.cutp input[type="number"]').fill(String(operation));
  await page.locator('.cutp input[type="number"]').press('Tab');
  await page.locator('[data-act="arm"]').check();
  await say(page, text);
}

export const answers = page => page.locator('.flsp .con');
export const records = (page, name) => page.locator(`.rec[data-name="${name}"]`);
export const lastRecord = (page, name) => records(page, name).last();
export const operations = page => page.locator('.flsp .fops li');
export const fault = (page, id) => page.locator(`.flt[data-fault="${id}"] input`);

export async function openRecord(page, name) {
  await lastRecord(page, name).locator('.rec-h').click();
  await expect(lastRecord(page, name).locator('[data-field="Data"]')).toBeVisible();
}

/** Starts an attempt of a scene, and waits until it is over. */
export async function attempt(page, id) {
  await page.locator(`[data-attempt="${id}"]`).click();
  await expect(page.locator(`[data-attempt="${id}"]`)).toHaveAttribute('aria-pressed', 'true');
  await expect(page.locator('figure.sc')).toHaveAttribute('data-ready', 'true', { timeout: 60_000 });
}
