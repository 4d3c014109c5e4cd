// The page of SMI sources, as it marks itself: what a script reads and presses. Selectors stand here once.
import { expect } from '@playwright/test';

export const board = page => page.locator('.smip');

/** Nothing is under way: `steps` have been made. */
export async function settled(page, steps) {
  await expect(board(page)).toHaveAttribute('data-ready', 'true', { timeout: 60_000 });
  if (steps !== undefined) await expect(board(page)).toHaveAttribute('data-steps', String(steps));
}

export async function openSources(page, query = '') {
  await page.goto(`./${query}#/smi`);
  await settled(page, 0);
}

/** Presses a source's button by its id, and waits until the machine has done it. */
export async function tryOut(page, id) {
  const steps = Number(await board(page).getAttribute('data-steps'));
  await page.locator(`[data-try="${id}"]`).click();
  await settled(page, steps + 1);
}

export const lastStep = page => page.locator('.steps li').last();
export const bit = (page, name) => page.locator(`[data-bit="${name}"]`);
export const value = (page, name) => bit(page, name).locator('b');
export const why = page => page.locator('[data-why]');
export const gate = (page, name) => page.locator(`[data-gate="${name}"]`);

/** The OS writes a bit that is pressed. */
export async function press(page, name) {
  const steps = Number(await board(page).getAttribute('data-steps'));
  await bit(page, name).click();
  await settled(page, steps + 1);
}
