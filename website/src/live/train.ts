import { prepareDataset } from '@attune/data';
import type { Gpu } from '@attune/gpu';
import { Generator } from '@attune/model';
import { writeAdapter } from '@attune/peft';
import { SFTTrainer } from '@attune/sft';
import { expectedAnswer, instructionRows, openTinyModel } from '@attune/tiny';
import { Tokenizer } from '@attune/tokenizer';
import { pageArguments } from './arguments';
import { computerOf } from './kernel';
import type { TrainSettings } from './live';
import type { Event, Sample } from './protocol';
import { tuned } from './tuned';

/** Held-out rows that are asked in the page: one of each kind that a reader can judge at a glance. */
const asked = [0, 2, 6, 3];
const sampleEvery = 20;

/** Trains the embedded model as `settings` say, and tells each step; samples come before, between and after. */
export async function train(gpu: Gpu, settings: TrainSettings, tell: (event: Event) => void) {
  const model = await openTinyModel();
  const { generationConfig } = model;
  const { config, weights, method } = tuned(model, settings);
  const tokenizer = Tokenizer.from({
    ...model.tokenizer,
    ...(generationConfig && { generationConfig }),
  });
  const rows = await instructionRows('train');
  const data = settings.answersOnly
    ? rows.map((row) => ({ ...row }))
    : rows.map(({ prompt, completion }) => ({ text: prompt + completion }));
  const { examples } = await prepareDataset(data, tokenizer, {
    maxLength: 128,
    completionOnlyLoss: settings.answersOnly,
  });
  const trainer = await SFTTrainer.create({
    gpu,
    config,
    weights,
    method,
    padTokenId: tokenizer.padTokenId!,
    train: examples,
    arguments: argumentsOf(settings),
  });
  try {
    const account = Object.fromEntries(await trainer.account());
    const total = model.weights.names().reduce((sum, name) => {
      return sum + model.weights.info(name).shape.reduce((a, b) => a * b, 1);
    }, 0);
    tell({
      kind: 'ready',
      computer: computerOf(gpu),
      trained: trainer.trainable.count,
      total,
      account,
    });
    const sample = async (step: number) =>
      tell({ kind: 'samples', step, samples: await ask(trainer, tokenizer) });
    await sample(0);
    for await (const { step, loss, gradNorm, learningRate, seconds, tokens } of trainer.steps()) {
      tell({ kind: 'step', step, loss, gradNorm, learningRate, seconds, tokens });
      if (step % sampleEvery === 0 || step === settings.steps) await sample(step);
    }
    if (settings.method !== 'full') {
      const files = writeAdapter(method, await trainer.trained(), { baseModel: '@attune/tiny' });
      tell({ kind: 'adapter', files });
    }
    tell({ kind: 'done' });
  } finally {
    trainer.destroy();
  }
}

function argumentsOf({ steps, learningRate }: TrainSettings) {
  return {
    ...pageArguments,
    maxSteps: steps,
    perDeviceTrainBatchSize: 8,
    trainSamplingStrategy: 'random',
    dataloaderDropLast: false,
    lossType: 'nll',
    learningRate,
  } as const;
}

async function ask(trainer: SFTTrainer, tokenizer: Tokenizer): Promise<Sample[]> {
  const held = await instructionRows('test');
  const rows = asked.map((i) => held[i]!);
  const generator = new Generator(trainer.executor, trainer.network, {
    batchSize: 4,
    capacity: 96,
  });
  try {
    const generations = await generator.generate(
      rows.map(({ prompt }) => tokenizer.encode(prompt)),
      { maxNewTokens: 12, eosTokenIds: tokenizer.eosTokenIds },
    );
    return rows.map((row, i) => ({
      prompt: row.prompt,
      answer: tokenizer.decode(generations[i]!.ids, { skipSpecialTokens: true }).trim(),
      expected: expectedAnswer(row),
    }));
  } finally {
    generator.destroy();
  }
}
