import type { Gpu } from '@attune/gpu';
import { Generator } from '@attune/model';
import { SFTTrainer } from '@attune/sft';
import { expectedAnswer, instructionRows, openTinyModel } from '@attune/tiny';
import { memoryFolder } from '@attune/trainer';
import { pageArgs } from './arguments';
import { computerOf } from './kernel';
import type { TrainSettings } from './live';
import type { Event, Sample } from './protocol';
import { peftOf } from './tuned';

/** Held-out rows that are asked in the page: one of each kind that a reader can check at a glance. */
const asked = [0, 2, 6, 3];
const sampleEvery = 20;

/** Trains the embedded model as `settings` say, and reports each step; samples come before, between and after. */
export async function train(gpu: Gpu, settings: TrainSettings, tell: (event: Event) => void) {
  const model = await openTinyModel();
  const rows = await instructionRows('train');
  const trainer = await SFTTrainer.create({
    gpu,
    model,
    trainDataset: settings.answersOnly
      ? rows.map((row) => ({ ...row }))
      : rows.map(({ prompt, completion }) => ({ text: prompt + completion })),
    peftConfig: peftOf(settings),
    fromScratch: settings.start === 'fresh',
    args: {
      ...pageArgs,
      maxLength: 128,
      completionOnlyLoss: settings.answersOnly,
      maxSteps: settings.steps,
      learningRate: settings.learningRate,
    },
    log: () => {},
  });
  try {
    const memory = Object.fromEntries(await trainer.memoryEstimate());
    const total = model.weights.names().reduce((sum, name) => {
      return sum + model.weights.info(name).shape.reduce((a, b) => a * b, 1);
    }, 0);
    const trained = trainer.trainable.count;
    tell({ kind: 'ready', computer: computerOf(gpu), trained, total, memory });
    const sample = async (step: number) =>
      tell({ kind: 'samples', step, samples: await ask(trainer) });
    await sample(0);
    for await (const { step, loss, gradNorm, learningRate, seconds, tokens } of trainer.train()) {
      tell({ kind: 'step', step, loss, gradNorm, learningRate, seconds, tokens });
      if (step % sampleEvery === 0 || step === settings.steps) await sample(step);
    }
    if (trainer.leaves === 'adapter') {
      const files = new Map<string, Uint8Array>();
      await trainer.saveModel(memoryFolder(files));
      tell({ kind: 'adapter', files });
    }
    tell({ kind: 'done' });
  } finally {
    trainer.destroy();
  }
}

async function ask({ executor, network, tokenizer }: SFTTrainer): Promise<Sample[]> {
  const held = await instructionRows('test');
  const rows = asked.map((i) => held[i]!);
  const generator = new Generator(executor, network, { batchSize: 4, capacity: 96 });
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
