/**
 * The greedy text of a trained adapter against a recorded one, token by token up to the first that was nearly a
 * tie (its lead below 0.001).
 *
 *   node scripts/parity/greedy.mjs MODEL ADAPTER GREEDY.json [--device lavapipe]
 *
 * GREEDY.json: rows of {"prompt_ids", "ids", "leads", "text"}. Build first (npm run build). Exits with 1 where a token differs.
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
const [model, adapter, greedy] = positionals;
const bin = fileURLToPath(new URL('../../packages/attune/bin/attune.mjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'attune-greedy-'));
const at = (name) => join(scratch, name);
const rows = JSON.parse(readFileSync(greedy, 'utf8'));
const prompts = rows.map(({ prompt_ids }) => JSON.stringify({ prompt_ids }));
writeFileSync(at('prompts.jsonl'), `${prompts.join('\n')}\n`);
const args = ['generate', '--model_name_or_path', model, '--adapter_name_or_path', adapter];
args.push('--prompts', at('prompts.jsonl'), '--output', at('ours.jsonl'));
args.push('--max_new_tokens', String(Math.max(...rows.map(({ ids }) => ids.length))));
args.push('--temperature', '0', '--device', values.device);
const env = { ...process.env, ATTUNE_NO_BUILD: '1' };
const { status, stderr } = spawnSync(process.execPath, [bin, ...args], { env });
if (status !== 0) throw new Error(`attune generate ended with ${status}:\n${stderr}`);
const lines = readFileSync(at('ours.jsonl'), 'utf8').trim().split('\n');
rmSync(scratch, { recursive: true });

let failed = 0;
for (const [i, { ids, leads }] of rows.entries()) {
  const ours = JSON.parse(lines[i]);
  const sure = leads.findIndex((lead) => lead < 1e-3);
  const compared = sure < 0 ? ids.length : sure;
  const at = ids.slice(0, compared).findIndex((id, k) => id !== ours.ids[k]);
  if (at >= 0) failed++;
  const verdict = at < 0 ? `${compared} of ${ids.length} tokens equal` : `differs at token ${at}`;
  console.log(`${verdict}: ${JSON.stringify(ours.text)}`);
}
process.exitCode = failed ? 1 : 0;
