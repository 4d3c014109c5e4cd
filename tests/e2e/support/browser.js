// Which browser the tests use and how it is started: Debian's Chromium, or that of $CHROMIUM. None is downloaded.
import { existsSync } from 'node:fs';

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const launchOptions = {
  executablePath: process.env.CHROMIUM ?? usual.find(existsSync) ?? usual[0],
  args: [
    '--no-sandbox', // root has no sandbox
    '--disable-gpu',
    '--disable-dev-shm-usage', // a container's /dev/shm is small
    // No talk with anybody but our own server:
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
};
