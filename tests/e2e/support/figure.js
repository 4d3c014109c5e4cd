// The figure smi-flow, as the page marks it: what a script reads and presses. Selectors stand here once.
export const figure = page => page.locator('figure.fig');

/** Waits until the machine has booted and the figure can play. */
export async function ready(page) {
  await page.locator('figure.fig[data-ready="true"]').waitFor();
}

/** Presses Play if it doesn't move by itself, and waits until it shows the first step of the machine. */
export async function untilItMoves(page) {
  await ready(page);
  const row = await figure(page).getAttribute('data-row');
  if ((await figure(page).getAttribute('data-playing')) !== 'true') {
    await page.locator('[data-act="play"]').click();
  }
  await page.locator(`figure.fig:not([data-row="${row}"])`).waitFor();
}
