import { type Example, ignored, prepareDataset } from '@attune/data';
import { AttuneError, type Gpu } from '@attune/gpu';
import { expectedTensors, Generator, type OpenModel, writeSafetensors } from '@attune/model';
import { fullTuning, type LoraMethod, loraTuning, writeAdapter } from '@attune/peft';
import { SFTTrainer } from '@attune/sft';
import type { Tokenizer } from '@attune/tokenizer';
import { pageArguments } from '../live/arguments';
import { computerOf } from '../live/kernel';
import type { Event, Sample } from '../live/protocol';
import { forget, load, save } from './checkpoint';
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

/** Model, data and trainer, ready. */
async function prepare(gpu: Gpu, work: StudioWork, tell: Tell) {
  const { model, tokenizer } = await openChoice(work, tell);
  const { settings } = work;
  const { examples, report } = await prepareDataset(parse(work.rows), tokenizer, {
    maxLength: settings.maxLength,
  });
  const lora: LoraMethod | undefined =
    settings.method === 'lora'
      ? loraTuning(
          model.config,
          { targetModules: 'all-linear', r: settings.rank, loraAlpha: 2 * settings.rank },
          42,
        )
      : undefined;
  const trainer = await SFTTrainer.create({
    gpu,
    config: model.config,
    weights: model.weights,
    method: lora ?? fullTuning(model.config),
    padTokenId: tokenizer.padTokenId ?? 0,
    train: examples,
    arguments: {
      ...pageArguments,
      maxSteps: settings.steps,
      perDeviceTrainBatchSize: settings.batchSize,
      trainSamplingStrategy: 'random',
      dataloaderDropLast: false,
      lossType: 'nll',
      learningRate: settings.learningRate,
    },
  });
  const total = model.weights.names().reduce((sum, name) => {
    return sum + model.weights.info(name).shape.reduce((a, b) => a * b, 1);
  }, 0);
  const account = Object.fromEntries(await trainer.account());
  return { model, tokenizer, examples, report, lora, trainer, total, account };
}

/** Shows what training would see and need. */
export async function look(gpu: Gpu, work: StudioWork, tell: Tell): Promise<Look> {
  const { tokenizer, examples, report, trainer, total, account } = await prepare(gpu, work, tell);
  const shown = ({ inputIds, labels }: Example) =>
    Array.from(inputIds, (id, i) => [tokenizer.decode([id]), labels[i] !== ignored] as const);
  const { rows, tokens, trainedTokens, truncated, dropped, longest } = report;
  const trained = trainer.trainable.count;
  trainer.destroy();
  return {
    examples: examples.slice(0, 4).map(shown),
    report: { rows, tokens, trainedTokens, truncated, dropped, longest },
    account,
    trained,
    total,
  };
}

/** Trains, from the beginning or from the saved run; `pausing` is asked after each step. */
export async function study(
  gpu: Gpu,
  work: StudioWork,
  resuming: boolean,
  { tell, pausing }: { tell: Tell; pausing(): boolean },
): Promise<void> {
  const { model, tokenizer, lora, trainer, total, account } = await prepare(gpu, work, tell);
  const told = (answers: readonly Answered[], step: number) =>
    tell({
      kind: 'samples',
      step,
      samples: work.prompts.map((prompt, i) => ({ prompt, expected: '', ...answers[i]! })),
    });
  /** What training has made so far: PEFT's two files, or the whole model's weights. */
  const result = async () => {
    const trained = await trainer.trained();
    if (lora) return writeAdapter(lora, trained, { baseModel: nameOf(work) });
    return new Map([['model.safetensors', wholeWeights(model, trained)]]);
  };
  try {
    const trained = trainer.trainable.count;
    tell({ kind: 'ready', computer: computerOf(gpu), trained, total, account });
    const earlier = resuming ? await load() : undefined;
    if (earlier) trainer.restore(earlier.tensors, earlier.resume);
    const answers = () => answer(trainer, tokenizer, work.prompts);
    const before = earlier?.run.before.map((text) => ({ answer: text })) ?? (await answers());
    told(before, 0);
    const metrics = [...(earlier?.run.metrics ?? [])];
    for await (const report of trainer.steps()) {
      const { step, loss, gradNorm, learningRate, seconds, tokens } = report;
      metrics.push(rowOf(report));
      tell({ kind: 'step', step, loss, gradNorm, learningRate, seconds, tokens });
      const paused = pausing();
      if (step % savedEvery === 0 || paused) {
        const { hub, rows, prompts, settings } = work;
        const model = work.files.map(({ name }) => name).join(', ');
        const [parameters, m, v] = await Promise.all([
          trainer.trained('parameters'),
          trainer.trained('m'),
          trainer.trained('v'),
        ]);
        await save({
          run: {
            ...{ model, hub, rows, prompts, settings, step, metrics },
            before: before.map(({ answer }) => answer),
          },
          resume: report.resume,
          tensors: { parameters, m, v },
        });
        told(await answers(), step);
      }
      if (!paused) continue;
      tell({ kind: 'adapter', files: await result() });
      return tell({ kind: 'paused' });
    }
    told(await answers(), work.settings.steps);
    tell({ kind: 'adapter', files: await result() });
    await forget();
    tell({ kind: 'done' });
  } finally {
    trainer.destroy();
  }
}

const nameOf = ({ hub, files }: StudioWork) => hub || (files[0]?.name ?? '@attune/tiny');

function wholeWeights({ config }: OpenModel, trained: ReadonlyMap<string, Float32Array>) {
  return writeSafetensors(
    [...expectedTensors(config)].map(({ name, shape }) => {
      const { buffer, byteOffset, byteLength } = trained.get(name)!;
      return { name, dtype: 'F32', shape, data: new Uint8Array(buffer, byteOffset, byteLength) };
    }),
  );
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
