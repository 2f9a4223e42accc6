import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openModel } from '@attune/model';
import { afterAll, describe, expect, test } from 'vitest';
import { main } from '../cli.ts';
import { listen } from '../testing.ts';

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const base = at('sft/fixtures/models/llama-tied');
const variant = (name: string) => at(`peft/fixtures/variants/${name}`);
const scratch = mkdtempSync(join(tmpdir(), 'attune-merge-'));
const terminal = listen();
afterAll(() => rmSync(scratch, { recursive: true }));

const named = (adapter: string) => [
  '--model_name_or_path',
  base,
  '--adapter_name_or_path',
  variant(adapter),
];
const out = (name: string) => join(scratch, name);
const tableOf = async (path: string) =>
  (await openModel(path)).weights.float32('model.embed_tokens.weight');

describe('an adapter that trained the embedding of a model whose output layer is that table', () => {
  test('is merged into a model whose output layer is the table of before', async () => {
    const merge = ['merge', ...named('saved-embedding'), '--output_dir', out('merged')];
    expect(await main(merge), terminal.said).toBe(0);
    const config = JSON.parse(readFileSync(out('merged/config.json'), 'utf8'));
    expect(config.tie_word_embeddings).toBe(false);
    const { weights } = await openModel(out('merged'));
    expect(await weights.float32('lm_head.weight')).toEqual(await tableOf(base));
    expect(await weights.float32('model.embed_tokens.weight')).not.toEqual(await tableOf(base));
    expect(terminal.said).not.toContain('root mean square');
  });

  test('is exported to a GGUF that has an output layer', async () => {
    const to = ['--format', 'gguf', '--type', 'F32', '--output', out('merged.gguf')];
    expect(await main(['export', ...named('saved-embedding'), ...to]), terminal.said).toBe(0);
    const { config, weights } = await openModel(out('merged.gguf'));
    expect(config.tieWordEmbeddings).toBe(false);
    expect(await weights.float32('lm_head.weight')).toEqual(await tableOf(base));
  });

  test('has no form as an adapter for llama.cpp, and that is said', async () => {
    const to = ['--format', 'lora-gguf', '--output', out('adapter.gguf')];
    expect(await main(['export', ...named('saved-embedding'), ...to])).toBe(1);
    expect(terminal.said).toMatch(/model\.embed_tokens\.weight whole.*attune merge/s);
  });
});

test('kept as one, embedding and output layer stay one when they are merged', async () => {
  const merge = ['merge', ...named('kept-tied'), '--output_dir', out('kept')];
  expect(await main(merge), terminal.said).toBe(0);
  const config = JSON.parse(readFileSync(out('kept/config.json'), 'utf8'));
  expect(config.tie_word_embeddings).toBe(true);
  expect((await openModel(out('kept'))).weights.has('lm_head.weight')).toBe(false);
});

test('what fewer bits cost is measured and said', async () => {
  const merge = ['merge', ...named('all-linear'), '--output_dir', out('half')];
  expect(await main([...merge, '--dtype', 'bfloat16']), terminal.said).toBe(0);
  expect(terminal.said).toMatch(/Stored as bfloat16, weights are 0\.1\d % \(root mean square\)/);
  const to = ['--format', 'gguf', '--type', 'Q8_0', '--output', out('eight.gguf')];
  expect(await main(['export', ...named('all-linear'), ...to]), terminal.said).toBe(0);
  expect(terminal.said).toMatch(/Stored as Q8_0, weights are 0\.\d+ %/);
});

test('a folder of an adapter is no model, and that is said', async () => {
  const model = ['--model_name_or_path', variant('all-linear')];
  const adapter = ['--adapter_name_or_path', variant('all-linear')];
  expect(await main(['merge', ...model, ...adapter, '--output_dir', out('none')])).toBe(1);
  expect(terminal.said).toMatch(/holds an adapter, not a model.*adapter_name_or_path/s);
});
