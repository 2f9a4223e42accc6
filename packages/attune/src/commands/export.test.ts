import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { main } from '../cli.ts';
import { listen } from '../testing.ts';

const fixtures = fileURLToPath(new URL('../../../reward/fixtures/reward', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'attune-export-'));
const terminal = listen();

afterAll(() => rmSync(scratch, { recursive: true }));

async function written(name: string, ...more: string[]): Promise<string> {
  const out = join(scratch, `${name}.yaml`);
  const recipe = `${fixtures}/${name}/recipe.yaml`;
  const line = ['export', '--format', 'trl', '--recipe', recipe, '--output', out, ...more];
  expect(await main(line), terminal.said).toBe(0);
  return readFileSync(out, 'utf8');
}

test("a reward model's recipe is written for trl reward, with the task type that TRL needs for the head", async () => {
  const text = await written('lora-from-lm', '--command', 'reward');
  expect(terminal.said).toContain('trl reward --config');
  expect(parse(text)).toMatchObject({
    lora_task_type: 'SEQ_CLS',
    use_peft: true,
    learning_rate: 0.01,
    bf16: false,
    report_to: 'none',
  });
  expect(parse(await written('full-center-accumulate', '--command', 'reward'))).toMatchObject({
    center_rewards_coefficient: 0.01,
  });
});

test('what PyYAML would take for false stays a word', async () => {
  const text = await written('full', '--command', 'reward');
  expect(text).toMatch(/^save_strategy: ["']no["']$/m);
});

test('a recipe with keys of another command is refused by the key', async () => {
  const recipe = `${fixtures}/full-center-accumulate/recipe.yaml`;
  const out = join(scratch, 'wrong.yaml');
  const line = ['export', '--format', 'trl', '--recipe', recipe, '--output', out];
  expect(await main(line)).toBe(2);
  expect(terminal.said).toContain('center_rewards_coefficient');
});

test('a way to tune that the command line of TRL does not know is refused by its name', async () => {
  const recipe = fileURLToPath(
    new URL('../../../peft/fixtures/peft/prompt-text/recipe.yaml', import.meta.url),
  );
  const out = join(scratch, 'prompt.yaml');
  expect(await main(['export', '--format', 'trl', '--recipe', recipe, '--output', out])).toBe(2);
  expect(terminal.said).toContain('PROMPT_TUNING');
});
