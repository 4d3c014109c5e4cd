// Runs a guest in our machine as WebAssembly: node smmlab.mjs FOLDER ROM [--events]; prints what it sends to
// COM1, the instructions between its marks B and C, and the processor time between them in microseconds.
import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';

const [folder, rom, events] = process.argv.slice(2);
const { run } = createRequire(import.meta.url)(`${folder}/bench.js`);
const times = {};
let text = '';
const instructions = run(readFileSync(rom), events === '--events', byte => {
  const letter = String.fromCharCode(byte);
  text += letter;
  times[letter] ??= process.cpuUsage();
});
const used = ({ user, system }) => user + system;
writeSync(1, `${text}instructions ${instructions}\nmicroseconds ${used(times.C) - used(times.B)}\n`);
