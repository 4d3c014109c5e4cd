// Runs a guest in v86 without its JIT: node v86.mjs ROM; prints what the guest sends to COM1, and the processor
// time between its marks B and C in microseconds.
import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { V86 } = require('v86');
const bios = new Uint8Array(readFileSync(process.argv[2])).buffer;
const emulator = new V86({
  wasm_path: require.resolve('v86/build/v86.wasm'),
  memory_size: 16 << 20,
  bios: { buffer: bios },
  disable_jit: true,
  autostart: true,
});
const times = {};
let text = '';
emulator.add_listener('serial0-output-byte', byte => {
  const letter = String.fromCharCode(byte);
  text += letter;
  times[letter] ??= process.cpuUsage();
  if (letter !== '\n') return;
  const used = ({ user, system }) => user + system;
  writeSync(1, `${text}microseconds ${used(times.C) - used(times.B)}\n`);
  process.exit(0);
});
