// The figure smi-flow, as the page marks it: what a script reads and presses. Selectors stand here once.
export const figure = page => page.locator('figure.fig');

/** Waits until the machine has booted and the figure can play. */
export async function ready(page) {
  await page.locator('figure.fig[data-ready="true"]').waitFor();
}

/** Presses Play if a ready figure doesn't move by itself, and waits until it shows the first step of the machine. */
export async function untilItMoves(figure) {
  const row = await figure.getAttribute('data-row');
  if ((await figure.getAttribute('data-playing')) !== 'true') await figure.locator('[data-act="play"]').click();
  await figure.and(figure.page().locator(`:not([data-row="${row}"])`)).waitFor();
}
