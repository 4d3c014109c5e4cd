import { defineConfig } from '@playwright/test';

import { launchOptions } from './support/browser.js';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.js',
  outputDir: 'out/artifacts',
  reporter: [['list'], ['json', { outputFile: 'out/report.json' }]],
  timeout: 60_000,
  workers: 1, // the machine under test takes a core of its own
  forbidOnly: Boolean(process.env.CI),
  use: {
    browserName: 'chromium',
    headless: true,
    locale: 'en-GB',
    launchOptions,
    // A trace of each test nearly doubles Playwright's own work: ask for one with --trace retain-on-failure.
    screenshot: 'only-on-failure',
    trace: 'off',
  },
});
