/**
 * Logits of GGUF files against those of their dequantised weights in transformers, through `attune logits`:
 *
 *   node scripts/parity/gguf.mjs FIXTURES/gguf [--device swiftshader] [--only qwen]
 *
 * Build first (npm run build). Prints the largest difference per file; the bar is 1e-4.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bytesFromPath, readSafetensors } from 'attune';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: 'string', default: 'auto' },
    only: { type: 'string', default: '' },
  },
});
const [folder] = positionals;
const attune = fileURLToPath(new URL('../../packages/attune/bin/attune.mjs', import.meta.url));
const truth = await readSafetensors(await bytesFromPath(join(folder, 'expected.safetensors')));
const { buffer, byteOffset, byteLength } = await truth.raw('input_ids');
const inputIds = [...new BigInt64Array(buffer.slice(byteOffset, byteOffset + byteLength))].map(
  Number,
);
const scratch = mkdtempSync(join(tmpdir(), 'attune-gguf-'));
const input = join(scratch, 'input.jsonl');
const output = join(scratch, 'logits.safetensors');
writeFileSync(input, `${JSON.stringify({ input_ids: inputIds })}\n`);
let failed = 0;
for (const file of readdirSync(folder).filter((name) => name.endsWith('.gguf'))) {
  const name = file.replace('.gguf', '');
  if (!name.includes(values.only)) continue;
  const args = ['logits', '--model_name_or_path', join(folder, file), '--input', input];
  args.push('--output', output, '--device', values.device);
  const env = { ...process.env, ATTUNE_NO_BUILD: '1' };
  const { status, stderr } = spawnSync(process.execPath, [attune, ...args], { env });
  if (status !== 0) {
    failed++;
    console.log(`${name}: exit code ${status}\n${stderr}`);
    continue;
  }
  const have = await (await readSafetensors(await bytesFromPath(output))).float32('logits.0');
  const want = await truth.float32(`${name}.logits`);
  const worst = want.reduce((most, value, i) => Math.max(most, Math.abs(value - have[i])), 0);
  if (!(worst < 1e-4 && have.length === want.length)) failed++;
  console.log(`${name.padEnd(20)} ${worst.toExponential(1)}`);
}
rmSync(scratch, { recursive: true });
process.exitCode = failed ? 1 : 0;
