import { expect, test } from 'vitest';
import {
  type ArgsOf,
  camelCase,
  choice,
  flag,
  group,
  integer,
  json,
  list,
  number,
  numbers,
  snakeCase,
  text,
  withDefaults,
} from './key.ts';
import { readValues, resolveArgs } from './resolve.ts';

const config = group('Training', {
  learningRate: number(2e-5, 'Highest learning rate.', { min: 0 }),
  maxSteps: integer(-1, 'Optimizer steps.'),
  maxLength: integer(1024 as number | null, 'Tokens kept of a row.', { nullable: true, min: 1 }),
  temperature: number(1, 'Divides the logits.', { above: 0 }),
  packing: flag(false, 'Packs rows.'),
  evalPacking: flag(null, 'Packs evaluation rows.'),
  outputDir: text(undefined, 'Where the result goes.'),
  lossType: choice('nll', ['nll', 'dft'], 'The loss.'),
  losses: list(['sigmoid'], 'One or several losses.', { choices: ['sigmoid', 'ipo'] }),
  modules: list(null, 'Target modules.'),
  weights: numbers(null, 'Weight of each loss.'),
  kwargs: json<unknown>(null, 'Further settings.'),
});

const trl = {
  withoutEffect: { bf16: null, dataloader_num_workers: 0 },
  notDone: {
    load_in_4bit: { default: false, why: 'weights are not quantised', remedy: 'Use a GGUF.' },
  },
};

const recipe = (given: Record<string, unknown>) =>
  readValues(config, given, { where: 'r.yaml', spelling: 'snake' }, trl).values;

test('arguments get the defaults of what is not given, and null only where it is a value', () => {
  const args: ArgsOf<typeof config> = { learningRate: 1e-3, lossType: 'dft', maxLength: null };
  expect(resolveArgs(config, args)).toEqual({
    learningRate: 1e-3,
    maxSteps: -1,
    maxLength: null,
    temperature: 1,
    packing: false,
    evalPacking: null,
    outputDir: undefined,
    lossType: 'dft',
    losses: ['sigmoid'],
    modules: null,
    weights: null,
    kwargs: null,
    withoutEffect: [],
  });
  expect(() => resolveArgs(config, { learningRate: null } as never)).toThrow(
    'args: learningRate is null, not a number.',
  );
});

test('words of a recipe and of the command line stand for values', () => {
  expect(
    recipe({
      learning_rate: '1e-3',
      packing: 'yes',
      max_length: 'none',
      losses: 'sigmoid,ipo',
      modules: 'q_proj|layers\\.(1,2)',
      weights: ['1', 0.5],
      kwargs: '{"a": 1}',
    }),
  ).toEqual({
    learningRate: 1e-3,
    packing: true,
    maxLength: null,
    losses: ['sigmoid', 'ipo'],
    modules: ['q_proj|layers\\.(1,2)'],
    weights: [1, 0.5],
    kwargs: { a: 1 },
  });
});

test.each([
  [{ learningrate: 1 }, 'args: there is no key learningrate.', 'Did you mean learningRate?'],
  [{ learning_rate: 1 }, 'args: there is no key learning_rate.', 'Did you mean learningRate?'],
  [{ learningRate: '1e-3' }, 'args: learningRate is "1e-3", not a number.', 'Highest'],
  [{ learningRate: -1 }, 'args: learningRate is -1, not at least 0.', 'Highest'],
  [{ learningRate: Number.NaN }, 'args: learningRate is NaN, not a number.', 'Highest'],
  [{ temperature: 0 }, 'args: temperature is 0, not greater than 0.', 'Divides'],
  [{ maxSteps: 1.5 }, 'args: maxSteps is 1.5, not a whole number.', 'Optimizer steps.'],
  [{ packing: 'true' }, 'args: packing is "true", not true or false.', 'Packs rows.'],
  [{ lossType: 'mse' }, 'args: lossType is "mse", not one of nll, dft.', 'One of nll, dft.'],
  [{ losses: ['kto'] }, 'not among sigmoid, ipo.', 'One or several losses.'],
  [{ weights: ['1'] }, 'not a list of numbers.', 'Weight of each loss.'],
  [{ load_in_4bit: true }, 'args: load_in_4bit is true: weights are not quantised.', 'GGUF'],
  [{ loadIn4bit: true }, 'args: load_in_4bit is true: weights are not quantised.', 'GGUF'],
] as const)('%o is refused', (given, message, remedy) => {
  try {
    resolveArgs(config, given as never, trl);
    expect.unreachable();
  } catch (error) {
    expect((error as Error).message).toContain(message);
    expect((error as { remedy: string }).remedy).toContain(remedy);
  }
});

test('the same fault has the same sentence in code and in a recipe', () => {
  const sentence = (run: () => unknown) => {
    try {
      run();
      return '';
    } catch (error) {
      return String(error).replace(/^(args|r\.yaml)/, '');
    }
  };
  const pairs: [object, Record<string, unknown>][] = [
    [{ packing: 3 }, { packing: 3 }],
    [{ temperature: -1 }, { temperature: -1 }],
    [{ losses: ['x'] }, { losses: ['x'] }],
  ];
  for (const [inCode, inRecipe] of pairs) {
    const one = sentence(() => resolveArgs(config, inCode as never));
    expect(one).not.toBe('');
    expect(sentence(() => recipe(inRecipe))).toBe(one);
  }
});

test("a key of TRL that has no effect here passes, and is reported where it is not at TRL's default", () => {
  const read = (given: Record<string, unknown>) =>
    readValues(config, given, { where: 'r.yaml', spelling: 'snake' }, trl).withoutEffect;
  expect(read({ bf16: 'none', dataloader_num_workers: '0', load_in_4bit: 'false' })).toEqual([]);
  expect(read({ bf16: true, dataloader_num_workers: 4 })).toEqual([
    'bf16',
    'dataloader_num_workers',
  ]);
});

test('names go from code to recipes and back', () => {
  for (const name of ['loraR', 'adamBeta1', 'fAlphaDivergenceCoef', 'vespoKPos', 'useRslora']) {
    expect(camelCase(snakeCase(name))).toBe(name);
  }
  expect(snakeCase('perDeviceTrainBatchSize')).toBe('per_device_train_batch_size');
});

test('defaults of another algorithm leave the rest of a key as it is', () => {
  const own = withDefaults(config, { learningRate: 1e-6 });
  expect(own.learningRate).toEqual({ ...config.learningRate, default: 1e-6 });
  expect(own.learningRate.group).toBe('Training');
});
