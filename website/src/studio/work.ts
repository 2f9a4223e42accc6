import { prepareDataset } from '@attune/data';
import { AttuneError, type Gpu } from '@attune/gpu';
import { Generator } from '@attune/model';
import { SFTTrainer, type SFTTrainerOptions } from '@attune/sft';
import type { Tokenizer } from '@attune/tokenizer';
import { memoryFolder, type PreviewRow } from '@attune/trainer';
import { pageArgs } from '../live/arguments';
import { computerOf } from '../live/kernel';
import type { Event, Sample } from '../live/protocol';
import { describe, forget, load, runFolder } from './checkpoint';
import { openChoice } from './open';
import { type Look, rowOf, type StudioWork } from './studio';

const savedEvery = 20;

type Tell = (event: Event) => void;

/** Rows of pasted JSONL. @throws AttuneError `invalid-json` with the line */
function parse(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .map((line, i) => [line.trim(), i + 1] as const)
    .filter(([line]) => line)
    .map(([line, number]) => {
      try {
        return JSON.parse(line);
      } catch (cause) {
        throw new AttuneError(
          'invalid-json',
          `Line ${number} is not JSON: ${(cause as Error).message}.`,
          'Write one JSON object a line, such as {"prompt": "…", "completion": " …"}.',
        );
      }
    });
}

/** The trainer of the visitor's rows; checkpoints stay in the page's own files. */
async function prepare(
  gpu: Gpu,
  work: StudioWork,
  tell: Tell,
  more: Pick<SFTTrainerOptions, 'args' | 'output' | 'signal' | 'callbacks'> = {},
) {
  const { model, tokenizer } = await openChoice(work, tell);
  const { method, rank, steps, ...own } = work.settings;
  const rows = parse(work.rows);
  const trainer = await SFTTrainer.create({
    gpu,
    model,
    tokenizer,
    trainDataset: rows,
    peftConfig:
      method === 'lora'
        ? { peftType: 'LORA', targetModules: 'all-linear', r: rank, loraAlpha: 2 * rank }
        : undefined,
    log: () => {},
    ...more,
    args: {
      ...pageArgs,
      maxSteps: steps,
      maxLength: own.maxLength,
      perDeviceTrainBatchSize: own.batchSize,
      learningRate: own.learningRate,
      ...more.args,
    },
  });
  const total = model.weights.names().reduce((sum, name) => {
    return sum + model.weights.info(name).shape.reduce((a, b) => a * b, 1);
  }, 0);
  const memory = Object.fromEntries(await trainer.memoryEstimate());
  return { rows, tokenizer, trainer, total, memory };
}

/** Shows what training would see and need. */
export async function look(gpu: Gpu, work: StudioWork, tell: Tell): Promise<Look> {
  const { rows, tokenizer, trainer, total, memory } = await prepare(gpu, work, tell);
  const { report } = await prepareDataset(rows, tokenizer, { maxLength: work.settings.maxLength });
  const { rows: count, tokens, trainedTokens, truncated, dropped, longest } = report;
  const shown = ({ ids, predicted }: PreviewRow) =>
    Array.from(ids, (id, i) => [tokenizer.decode([id]), predicted[i]!] as const);
  const trained = trainer.trainable.count;
  const examples = (await trainer.preview(4)).map(shown);
  trainer.destroy();
  return {
    examples,
    report: { rows: count, tokens, trainedTokens, truncated, dropped, longest },
    memory,
    trained,
    total,
  };
}

/** Trains, from the beginning or from the saved run; `pausing` ends it after the step under way. */
export async function study(
  gpu: Gpu,
  work: StudioWork,
  resuming: boolean,
  { tell, pausing }: { tell: Tell; pausing: AbortSignal },
): Promise<void> {
  const earlier = resuming ? await load() : undefined;
  if (!earlier) await forget();
  const metrics = [...(earlier?.metrics ?? [])];
  let before: readonly Answered[] = [];
  const { tokenizer, trainer, total, memory } = await prepare(gpu, work, tell, {
    output: runFolder(),
    signal: pausing,
    args: {
      saveStrategy: 'steps',
      saveSteps: savedEvery,
      saveTotalLimit: 1,
      ...(earlier && { resumeFromCheckpoint: 'true' }),
    },
    callbacks: {
      onStep: (step) => void metrics.push(rowOf(step)),
      async onSave(_, { step }) {
        const { hub, rows, prompts, settings } = work;
        const model = work.files.map(({ name }) => name).join(', ');
        await describe({
          ...{ model, hub, rows, prompts, settings, step, metrics },
          before: before.map(({ answer }) => answer),
        });
        report(await answer(trainer, tokenizer, work.prompts), step);
      },
    },
  });
  const report = (answers: readonly Answered[], step: number) =>
    tell({
      kind: 'samples',
      step,
      samples: work.prompts.map((prompt, i) => ({ prompt, expected: '', ...answers[i]! })),
    });
  try {
    const trained = trainer.trainable.count;
    tell({ kind: 'ready', computer: computerOf(gpu), trained, total, memory });
    before =
      earlier?.before.map((text) => ({ answer: text })) ??
      (await answer(trainer, tokenizer, work.prompts));
    report(before, 0);
    for await (const step of trainer.train()) {
      const { loss, gradNorm, learningRate, seconds, tokens } = step;
      tell({ kind: 'step', step: step.step, loss, gradNorm, learningRate, seconds, tokens });
    }
    const files = new Map<string, Uint8Array>();
    await trainer.saveModel(memoryFolder(files));
    tell({ kind: 'adapter', files: kept(files, trainer.leaves) });
    if (trainer.result?.stopped) return tell({ kind: 'paused' });
    await forget();
    tell({ kind: 'done' });
  } finally {
    trainer.destroy();
  }
}

/** What is offered to download: PEFT's two files, or the whole model's weights. */
function kept(files: ReadonlyMap<string, Uint8Array>, leaves: 'adapter' | 'model') {
  const wanted = leaves === 'model' ? /^model\.safetensors$/ : /^adapter_/;
  return new Map([...files].filter(([name]) => wanted.test(name)));
}

type Answered = Pick<Sample, 'answer' | 'logProbs'>;

async function answer(
  trainer: SFTTrainer,
  tokenizer: Tokenizer,
  prompts: readonly string[],
): Promise<Answered[]> {
  if (!prompts.length) return [];
  const generator = new Generator(trainer.executor, trainer.network, { batchSize: 4 });
  try {
    const generations = await generator.generate(
      prompts.map((prompt) => tokenizer.encode(prompt)),
      { maxNewTokens: 24, eosTokenIds: tokenizer.eosTokenIds },
    );
    return generations.map(({ ids, logProbs }) => ({
      answer: tokenizer.decode(ids, { skipSpecialTokens: true }).trim(),
      logProbs,
    }));
  } finally {
    generator.destroy();
  }
}
