import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from './cli.ts';
import { listen } from './testing.ts';

const fixtures = fileURLToPath(new URL('../../policy/fixtures', import.meta.url));
const rewardFixtures = fileURLToPath(new URL('../../reward/fixtures', import.meta.url));
const device = process.env.ATTUNE_DEVICE ?? 'auto';
const scratch = mkdtempSync(join(tmpdir(), 'attune-policy-'));
const before = process.cwd();
const terminal = listen();

// Reward modules are looked for in the working directory.
beforeAll(() => {
  process.chdir(scratch);
  writeFileSync(
    'rewards.mjs',
    `export const even = ({ completion_ids }) =>
       completion_ids.map((ids) => ids.filter((id) => id % 2 === 0).length / ids.length);
     export const liked = ({ completions, taste, log_metric, trainer_state }) => {
       log_metric('longest', Math.max(...completions.map((text) => text.length)));
       return completions.map((_, i) => (taste[i] === 'none' ? null : trainer_state.round));
     };
     export const short = ({ completions }) => completions.slice(1).map(() => 1);
     export const broken = () => { throw new Error('no oven'); };
     export const number = 3;
     export const late = ({ completions, trainer_state }) =>
       completions.map((_, i) => (trainer_state.round < 2 ? 0 : i));
     export const same = ({ completions }) => completions.map(() => 0.5);\n`,
  );
  writeFileSync('torn.mjs', 'export const f = ((');
  const rows = Array.from({ length: 8 }, (_, i) => ({
    prompt: `Which is larger, ${10 + i} or 30? `,
    taste: i % 2 ? 'none' : 'sweet',
  }));
  writeFileSync('prompts.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
afterAll(() => {
  process.chdir(before);
  rmSync(scratch, { recursive: true });
});

const sample = (command: string, ...more: string[]) =>
  main([
    ...[command, '--device', device, '--model_name_or_path', `${fixtures}/models/policy-llama`],
    ...['--dataset_name', 'prompts.jsonl', '--output_dir', 'out', '--logging_steps', '1'],
    ...['--per_device_train_batch_size', '8', '--num_generations', '4', '--save_strategy', 'no'],
    ...['--max_completion_length', '8', '--max_steps', '4', '--learning_rate', '1e-3'],
    ...(more.includes('--reward_funcs') ? [] : ['--reward_funcs', 'rewards.even']),
    ...['--use_peft', ...more],
  ]);
const logged = (folder: string) =>
  readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);

test.each([
  ['grpo', 'lora-steps-per-generation'],
  ['rloo', 'full-two-rewards'],
])('%s replays a recipe with the recording beside it: %s', async (command, name) => {
  const folder = `${fixtures}/${command}/${name}`;
  process.chdir(folder);
  const out = join(scratch, `replay-${command}`);
  const start = name.startsWith('lora') ? ['--adapter_name_or_path', 'initial'] : [];
  const recipe = ['--config', 'recipe.yaml', '--rollouts', 'rollouts.jsonl', '--output_dir', out];
  const code = await main([command, ...recipe, '--device', device, ...start]);
  process.chdir(scratch);
  expect(terminal.said).toMatch(/Micro-batches as in .*batches.json/);
  expect(code).toBe(0);
  const expected = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8')).steps;
  const rows = logged(out).filter((row) => 'loss' in row);
  expect(rows.length).toBe(expected.length);
  rows.forEach((row, i) => {
    for (const [key, want] of Object.entries<number>(expected[i])) {
      const error = Math.abs(row[key]! - want) / Math.max(0.1, Math.abs(want));
      expect(error, `${key} of step ${i + 1}`).toBeLessThan(2e-5);
    }
  });
});

test.each(['grpo', 'rloo'])(
  '%s samples, rewards, trains, evaluates, and leaves an adapter',
  async (command) => {
    const held = [
      '--eval_dataset',
      'prompts.jsonl',
      '--eval_strategy',
      'steps',
      '--eval_steps',
      '2',
    ];
    const rewards = ['--reward_funcs', 'rewards.even,rewards.liked', '--reward_weights', '1,0.5'];
    const code = await sample(command, ...held, ...rewards, '--output_dir', command);
    expect(code, terminal.said).toBe(0);
    const rows = logged(command);
    const trained = rows.filter((row) => 'loss' in row);
    expect(trained.length).toBe(4);
    expect(trained[0]).toMatchObject({
      'rewards/even/mean': expect.any(Number),
      'rewards/liked/mean': 0,
      longest: expect.any(Number),
      'completions/max_length': expect.any(Number),
    });
    // The second function knows the round.
    expect(trained[3]!['rewards/liked/mean']).toBe(3);
    const evaluated = rows.filter((row) => 'eval_loss' in row);
    expect(evaluated.length).toBe(2);
    expect(evaluated[0]).toMatchObject({
      eval_reward: expect.any(Number),
      'eval_rewards/even/mean': expect.any(Number),
    });
    const config = JSON.parse(readFileSync(join(command, 'adapter_config.json'), 'utf8'));
    expect(config.peft_type).toBe('LORA');
  },
);

test('rounds in which all rewards are the same teach nothing, and the run goes on', async () => {
  const out = ['--reward_funcs', 'rewards.late', '--output_dir', 'late'];
  expect(await sample('grpo', ...out), terminal.said).toBe(0);
  const rows = logged('late').filter((row) => 'loss' in row);
  expect(rows.map((row) => row.frac_reward_zero_std)).toEqual([1, 1, 0, 0]);
  expect(rows.slice(0, 2).map((row) => row.grad_norm)).toEqual([0, 0]);
  expect(rows[2]!.grad_norm).toBeGreaterThan(0);
});

test('the same seed samples and trains to the same bits; a stopped run goes on to them in the middle of a round', async () => {
  const twice = ['--num_iterations', '2', '--beta', '0.05', '--save_strategy', 'steps'];
  expect(await sample('grpo', ...twice, '--save_steps', '1', '--output_dir', 'whole')).toBe(0);
  const resumed = ['--resume_from_checkpoint', join('whole', 'checkpoint-1')];
  expect(await sample('grpo', ...twice, ...resumed, '--output_dir', 'rest')).toBe(0);
  const losses = (folder: string) =>
    logged(folder).flatMap(({ loss, step }) => (loss !== undefined && step! > 1 ? [loss] : []));
  expect(losses('rest')).toEqual(losses('whole'));
  const weights = (folder: string) => readFileSync(join(folder, 'adapter_model.safetensors'));
  expect(weights('rest').equals(weights('whole'))).toBe(true);
  expect(await sample('grpo', ...twice, '--seed', '7', '--output_dir', 'other')).toBe(0);
  expect(losses('other')).not.toEqual(losses('whole'));
});

test('a trained judge rewards beside a function', async () => {
  const judge = ['--reward_model_name_or_path', `${rewardFixtures}/models/reward-llama`];
  expect(await sample('rloo', ...judge, '--max_steps', '2', '--output_dir', 'judged')).toBe(0);
  const [first] = logged('judged');
  expect(first).toMatchObject({
    'rewards/reward-llama/mean': expect.any(Number),
    'rewards/even/mean': expect.any(Number),
  });
});

const rollout = { prompt: [5, 6], completion: [7, 2], rewards: [1] };
const recording = (name: string, rows: readonly object[]) => {
  writeFileSync(name, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return ['--rollouts', name];
};
test.each<[string, () => string[], string, RegExp]>([
  ['no judge', () => ['--reward_funcs', 'none'], 'missing-key', /judges/],
  [
    'a function nobody has',
    () => ['--reward_funcs', 'think_format'],
    'reward-unknown',
    /think_format_reward/,
  ],
  [
    'a module that is not there',
    () => ['--reward_funcs', 'mine.kind'],
    'reward-module-missing',
    /mine\.mjs/,
  ],
  [
    'a module that does not load',
    () => ['--reward_funcs', 'torn.f'],
    'reward-module-broken',
    /torn\.mjs could not be loaded/,
  ],
  [
    'rewards that never differ',
    () => ['--reward_funcs', 'rewards.same'],
    'nothing-trained',
    /Step 4 .*completions to the same prompt get different rewards/s,
  ],
  [
    'a name that is no function',
    () => ['--reward_funcs', 'rewards.number'],
    'reward-unknown',
    /even, liked/,
  ],
  [
    "TRL's reader of mathematics",
    () => ['--reward_funcs', 'accuracy_reward'],
    'reward-elsewhere',
    /Python/,
  ],
  ['too few rewards', () => ['--reward_funcs', 'rewards.short'], 'reward-shape', /7 rewards for 8/],
  ['a function that fails', () => ['--reward_funcs', 'rewards.broken'], 'reward-failed', /no oven/],
  ['groups that do not fit', () => ['--num_generations', '3'], 'group-size', /multiple/],
  ['too few prompts', () => ['--steps_per_generation', '5'], 'prompts-too-few', /8 prompts/],
  [
    'weights that do not fit',
    () => ['--reward_weights', '1,2'],
    'bad-value',
    /1 reward functions and 2/,
  ],
  [
    'recorded rows that fill no round',
    () => recording('three.jsonl', [rollout, rollout, rollout]),
    'rollout-batch',
    /3 rows/,
  ],
  [
    'more steps than were recorded',
    () => recording('eight.jsonl', Array(8).fill(rollout)),
    'rollouts-exhausted',
    /1 steps/,
  ],
])('%s: says so by name', async (_, change, code, words) => {
  expect(await sample('grpo', ...change())).toBe(code === 'missing-key' ? 2 : 1);
  expect(terminal.said).toContain(`[${code}]`);
  expect(terminal.said).toMatch(words);
});
