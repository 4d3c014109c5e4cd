// `test` for our specs: import it from here instead of from @playwright/test.
//   page      opens addresses relative to the served release build: page.goto('./')
//   site      that server; `site.transfers` lists what it sent
// A test fails if the page reports an error: an exception, a line on console.error, a request that failed.
import { test as base, expect } from '@playwright/test';

import { serveSite } from './site.js';

export { expect };

export const test = base.extend({
  site: [
    async ({}, use) => {
      const site = await serveSite();
      await use(site);
      await site.close();
    },
    { scope: 'worker' },
  ],

  baseURL: ({ site }, use) => use(site.url),

  page: async ({ page }, use) => {
    const errors = collectErrors(page);
    await use(page);
    expect(errors, 'errors that the page reported').toEqual([]);
  },
});

function collectErrors(page) {
  const errors = [];
  page.on('pageerror', error => errors.push(String(error)));
  page.on('console', message => message.type() === 'error' && errors.push(message.text()));
  page.on('requestfailed', request => !leftBehind(request) && errors.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('response', response => response.status() >= 400 && errors.push(`${response.url()}: ${response.status()}`));
  return errors;
}

/** Whoever goes on at once ends the worker of the page that he leaves, loaded or not. */
const leftBehind = request => /\/worker\.js\b/.test(request.url()) && request.failure()?.errorText === 'net::ERR_ABORTED';
