/**
 * Is a fine-tuned model of use? Short messages and the JSON records in them: exact match of greedy answers
 * on messages that training has not seen, through the command line.
 *
 *   cd FIXTURES/smollm2/extract && attune sft --config recipe.yaml --output_dir OUT
 *   node scripts/parity/extract.mjs MODEL OUT FIXTURES/data/extract-test.jsonl [--device lavapipe]
 *
 * Without OUT (give - in its place) the base model is judged. Build first (npm run build).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { device: { type: 'string', default: 'auto' } },
});
const [model, adapter, test] = positionals;
const bin = fileURLToPath(new URL('../../packages/attune/bin/attune.mjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'attune-extract-'));
const jsonLines = (file) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const rows = jsonLines(test);
const input = join(scratch, 'prompts.jsonl');
const output = join(scratch, 'answers.jsonl');
writeFileSync(
  input,
  rows.map(({ prompt }) => `${JSON.stringify({ messages: prompt })}\n`).join(''),
);
const args = ['generate', '--model_name_or_path', model, '--prompts', input, '--output', output];
args.push('--max_new_tokens', '64', '--temperature', '0', '--device', values.device);
if (adapter !== '-') args.push('--adapter_name_or_path', adapter);
const env = { ...process.env, ATTUNE_NO_BUILD: '1' };
const { status, stderr } = spawnSync(process.execPath, [bin, ...args], { env });
if (status !== 0) throw new Error(`attune generate ended with ${status}:\n${stderr}`);
const answers = jsonLines(output);
rmSync(scratch, { recursive: true });

const keys = ['name', 'date', 'amount', 'city'];
let [exact, right] = [0, 0];
for (const [i, { completion }] of rows.entries()) {
  const wanted = completion[0].content.trim();
  const text = answers[i].text.trim();
  if (text === wanted) exact++;
  else console.log(`row ${i + 1}: wanted ${wanted}\n  got    ${text}`);
  right += matching(text, JSON.parse(wanted));
}
const share = (right / (keys.length * rows.length)).toFixed(3);
console.log(`exact match ${exact} of ${rows.length}, values right ${share}`);

/** How many values of a record stand in the answer; 0 where it is not JSON. */
function matching(text, wanted) {
  try {
    const record = JSON.parse(text);
    return keys.filter((key) => record?.[key] === wanted[key]).length;
  } catch {
    return 0;
  }
}
