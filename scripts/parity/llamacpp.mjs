/**
 * Files that Attune writes, read by llama.cpp: a base GGUF (float32) and a LoRA GGUF must give the same
 * greedy text in both programs. Needs node-llama-cpp, which no package of ours depends on:
 *
 *   npm install --prefix FOLDER node-llama-cpp
 *   node scripts/parity/llamacpp.mjs MODEL ADAPTER GREEDY.json FOLDER [--device lavapipe]
 *
 * MODEL and ADAPTER as --model_name_or_path and --adapter_name_or_path take them; GREEDY.json: rows of
 * {"prompt_ids", "adapter": {"ids", "leads"}}. Build first (npm run build).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { device: { type: 'string', default: 'auto' } },
});
const [model, adapter, greedy, prefix] = positionals;
const bin = fileURLToPath(new URL('../../packages/attune/bin/attune.mjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'attune-llamacpp-'));
const at = (name) => join(scratch, name);
const rows = JSON.parse(readFileSync(greedy, 'utf8'));
const most = Math.max(...rows.map((row) => row.adapter.ids.length));

function attune(...args) {
  const env = { ...process.env, ATTUNE_NO_BUILD: '1' };
  const { status, stderr } = spawnSync(process.execPath, [bin, ...args], { env });
  if (status !== 0) throw new Error(`attune ${args[0]} ended with ${status}:\n${stderr}`);
}

attune(
  'export',
  '--model_name_or_path',
  model,
  '--format',
  'gguf',
  '--type',
  'F32',
  '--output',
  at('base.gguf'),
);
const both = ['--model_name_or_path', model, '--adapter_name_or_path', adapter];
attune('export', ...both, '--format', 'lora-gguf', '--output', at('lora.gguf'));
const prompts = rows.map(({ prompt_ids }) => JSON.stringify({ prompt_ids }));
writeFileSync(at('prompts.jsonl'), `${prompts.join('\n')}\n`);
attune(
  'generate',
  ...both,
  '--prompts',
  at('prompts.jsonl'),
  '--output',
  at('ours.jsonl'),
  '--max_new_tokens',
  String(most),
  '--temperature',
  '0',
  '--device',
  values.device,
);
const ours = readFileSync(at('ours.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

const entry = createRequire(join(resolve(prefix), 'package.json')).resolve('node-llama-cpp');
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(entry));
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.warn });
const base = await llama.loadModel({ modelPath: at('base.gguf'), gpuLayers: 0 });
let failed = 0;
for (const [i, { prompt_ids, adapter: recorded }] of rows.entries()) {
  const lora = { adapters: [{ filePath: at('lora.gguf'), scale: 1 }] };
  const context = await base.createContext({
    contextSize: 512,
    threads: 1,
    flashAttention: false,
    lora,
  });
  const ids = [];
  for await (const token of context
    .getSequence()
    .evaluate(prompt_ids, { temperature: 0, yieldEogToken: true })) {
    ids.push(token);
    if (ids.length >= recorded.ids.length || base.isEogToken(token)) break;
  }
  await context.dispose();
  const same = ids.join() === ours[i].ids.join();
  if (!same) failed++;
  const known = ids.join() === recorded.ids.join() ? 'and PyTorch' : 'but not as PyTorch';
  console.log(`${same ? 'same' : 'DIFFERENT'} in both ${known}: ${JSON.stringify(ours[i].text)}`);
  if (!same) console.log(`  ours      ${ours[i].ids}\n  llama.cpp ${ids}`);
}
await llama.dispose();
rmSync(scratch, { recursive: true });
process.exit(failed ? 1 : 0);
