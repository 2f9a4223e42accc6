import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { main } from '../cli.ts';
import { listen } from '../testing.ts';

const model = new URL('../../../preference/fixtures/models/pref-llama', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'attune-inspect-'));
const terminal = listen();
afterAll(() => rmSync(scratch, { recursive: true }));

const pair = { prompt: 'one', chosen: ' two', rejected: ' three' };
const rows: Readonly<Record<string, object>> = {
  pretrain: { text: 'one two' },
  sft: { text: 'one two' },
  reward: pair,
  dpo: pair,
  kto: { prompt: 'one', completion: ' two', label: true },
  orpo: pair,
  cpo: pair,
  grpo: { prompt: 'one' },
  rloo: { prompt: 'one' },
};

test.each(Object.entries(rows))('inspect plans %s without a GPU, to the end', async (name, row) => {
  const file = join(scratch, `${name}.jsonl`);
  const both = name === 'kto' ? [row, { ...row, label: false }] : [row, row];
  writeFileSync(
    file,
    [...both, ...both, ...both, ...both].map((r) => JSON.stringify(r)).join('\n'),
  );
  const rewards =
    name === 'grpo' || name === 'rloo' ? ['--reward_funcs', 'think_format_reward'] : [];
  const code = await main([
    ...['inspect', '--command', name, '--model_name_or_path', model, '--dataset_name', file],
    ...['--output_dir', join(scratch, 'out'), ...rewards],
  ]);
  expect(code, terminal.said).toBe(0);
  expect(terminal.said).toMatch(/^total +\d/m);
});
