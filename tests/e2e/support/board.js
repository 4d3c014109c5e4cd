// The dispatch board, as the page marks it. Selectors stand here once.
import { expect } from '@playwright/test';

/** The first page of a run waits for the server to compress what it sends. */
const PATIENCE = 45_000;

export const board = page => page.locator('.board');
export const file = (page, name) => page.locator(`.board li.file[data-file="${name}"]`);
export const grip = (page, name) => file(page, name).locator('.grip');
export const outcome = page => page.locator('.board .out');

/** Opens the board, or what a link makes of it, and waits until its machine has booted. */
export async function openBoard(page, hash = '#/board') {
  await page.goto(`./${hash}`);
  await booted(page);
}

/** Waits until the image shown has booted. */
export async function booted(page) {
  await expect(page.locator('.board[data-fresh="true"][data-booting="false"] .out[data-outcome]')).toBeVisible({ timeout: PATIENCE });
}

export async function boot(page) {
  await page.locator('.board [data-act="boot"]').click();
  await booted(page);
}

/** Rings a service and returns whether it answered. */
export async function ring(page, value) {
  const button = page.locator(`.board [data-ring="${value}"]`);
  await button.click();
  await expect(button).toHaveAttribute('data-heard', /true|false/);
  return (await button.getAttribute('data-heard')) === 'true';
}

/** The files of the first volume, in their order. */
export const order = page => page.locator('.board ol.files').first().locator('li.file').evaluateAll(rows => rows.map(row => row.dataset.file));

export const logged = page => page.locator('.board .dlog').innerText();

/** Drags a file by the mouse until it lies behind another one. */
export async function dragBehind(page, name, other) {
  await grip(page, name).scrollIntoViewIfNeeded();
  const from = await grip(page, name).boundingBox();
  const to = await file(page, other).boundingBox();
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + 20, to.y + to.height / 2, { steps: 5 });
  await page.mouse.move(to.x + 20, to.y + to.height - 3, { steps: 3 });
  await page.mouse.up();
}

/** Opens a file's details and types an expression. */
export async function setDepex(page, name, mode, text) {
  if ((await file(page, name).locator('.name').getAttribute('aria-expanded')) !== 'true') await file(page, name).locator('.name').click();
  const details = file(page, name).locator('.dex');
  await details.locator(`[data-mode="${mode}"]`).click();
  await details.locator('textarea').fill(text);
  await details.locator('[data-act="set-depex"]').click();
}
