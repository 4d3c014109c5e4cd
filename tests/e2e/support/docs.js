// Examples in docs/ that tests use, so that they stay true.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The first code block of a language in a file of docs/. */
export async function block(file, language) {
  const text = await readFile(fileURLToPath(new URL(`../../../docs/${file}`, import.meta.url)), 'utf8');
  const found = text.match(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm'));
  if (!found) throw new Error(`docs/${file} has no block of ${language}`);
  return found[1].trim();
}
