import type { ArgsOf } from '@attune/config';
import type { Gpu } from '@attune/gpu';
import { folderFromFiles, Generator, openModel } from '@attune/model';
import type { PeftConfig } from '@attune/peft';
import { SFTTrainer, type sftConfig } from '@attune/sft';
import type { Tokenizer } from '@attune/tokenizer';
import { type AdapterSource, memoryFolder, type StepReport } from '@attune/trainer';
import { readBytes, tinyModelFiles } from './files.ts';
import { expectedAnswer, instructionRows, scoreAnswers } from './instructions.ts';

/** What `recipes/sft.yaml` says, as SFTTrainer takes it; a test holds the two together. */
export const tinyArgs = {
  seed: 42,
  completionOnlyLoss: true,
  maxLength: 128,
  perDeviceTrainBatchSize: 8,
  gradientAccumulationSteps: 1,
  gradientCheckpointing: false,
  maxSteps: 200,
  lossType: 'nll',
  learningRate: 2e-3,
  lrSchedulerType: 'cosine',
  warmupSteps: 10,
  weightDecay: 0,
  maxGradNorm: 1,
  loggingSteps: 10,
  saveStrategy: 'no',
  reportTo: ['none'],
} as const satisfies ArgsOf<typeof sftConfig>;

/** The recipe's adapter: LoRA on every linear layer. */
export const tinyPeft = {
  peftType: 'LORA',
  r: 16,
  loraAlpha: 32,
  loraDropout: 0,
  targetModules: ['all-linear'],
} as const satisfies PeftConfig;

/** How well the held-out instructions are answered. */
export interface TinyMeasure {
  /** Mean negative log-likelihood of the held-out answers, nats a token. */
  loss: number;
  /** Answers that are exactly right, greedily decoded. */
  right: number;
  rows: number;
  answers: { prompt: string; answer: string; expected: string }[];
}

/**
 * LoRA on the embedded model and its instruction set, in Node, in a page or in a worker alike:
 * what `npm start` runs.
 *
 * @example
 * const run = await TinyRun.create(await requestGpu());
 * for await (const { step, loss } of run.steps()) console.log(step, loss);
 * console.log((await run.measure()).right, await run.adapter());
 */
export class TinyRun {
  readonly trainer: SFTTrainer;
  readonly tokenizer: Tokenizer;

  private constructor(trainer: SFTTrainer) {
    this.trainer = trainer;
    this.tokenizer = trainer.tokenizer;
  }

  /**
   * Reads model and data (2.3 MB) and uploads the weights. `adapter` is one to go on with.
   * @throws AttuneError `file-not-found` where a file of this package cannot be read
   */
  static async create(
    gpu: Gpu,
    {
      args,
      adapter,
      signal,
    }: {
      readonly args?: ArgsOf<typeof sftConfig>;
      readonly adapter?: AdapterSource;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<TinyRun> {
    const rows = async (split: 'train' | 'test') =>
      (await instructionRows(split)).map((row) => ({ ...row }));
    const trainer = await SFTTrainer.create({
      gpu,
      model: await openTinyModel(),
      trainDataset: await rows('train'),
      evalDataset: await rows('test'),
      ...(adapter ? { adapter } : { peftConfig: tinyPeft }),
      args: { ...tinyArgs, ...args },
      ...(signal && { signal }),
      log: () => {},
    });
    return new TinyRun(trainer);
  }

  /** Trains, one report a step; leaving the loop stops. */
  steps(): AsyncGenerator<StepReport> {
    return this.trainer.train();
  }

  /** Held-out loss and the greedy answers to the 64 held-out instructions, with the weights as they are now. */
  async measure(signal?: AbortSignal): Promise<TinyMeasure> {
    const { eval_loss: loss } = await this.trainer.evaluate();
    const rows = await instructionRows('test');
    const prompts = rows.map(({ prompt }) => this.tokenizer.encode(prompt));
    const generations = await this.#generate(prompts, { batchSize: 16, capacity: 128 }, signal);
    const texts = generations.map((text) => text.trim());
    const answers = rows.map((row, i) => ({
      prompt: row.prompt,
      answer: texts[i]!,
      expected: expectedAnswer(row),
    }));
    return { loss: loss!, right: scoreAnswers(rows, texts).right, rows: rows.length, answers };
  }

  /** A story by the model as it is now. */
  async tell(start = 'Once upon a time, there was a little girl named Mia.'): Promise<string> {
    const sampling = { maxNewTokens: 110, temperature: 0.7, seed: 1 };
    const [text] = await this.#generate(
      [this.tokenizer.encode(start)],
      { capacity: 160 },
      undefined,
      sampling,
    );
    return `${start}${text}`;
  }

  /** PEFT's two files, by name, and those of the tokenizer. */
  async adapter(): Promise<Map<string, Uint8Array>> {
    const files = new Map<string, Uint8Array>();
    await this.trainer.saveModel(memoryFolder(files));
    return files;
  }

  destroy(): void {
    this.trainer.destroy();
  }

  async #generate(
    prompts: number[][],
    places: { batchSize?: number; capacity: number },
    signal?: AbortSignal,
    sampling: { maxNewTokens: number; temperature?: number; seed?: number } = { maxNewTokens: 16 },
  ): Promise<string[]> {
    const generator = new Generator(this.trainer.executor, this.trainer.network, places);
    try {
      const { eosTokenIds } = this.tokenizer;
      const options = { ...sampling, eosTokenIds, ...(signal && { signal }) };
      const generations = await generator.generate(prompts, options);
      return generations.map(({ ids }) => this.tokenizer.decode(ids, { skipSpecialTokens: true }));
    } finally {
      generator.destroy();
    }
  }
}

/** The embedded model, opened: its config, weights and tokenizer files. */
export async function openTinyModel() {
  const files = await Promise.all(
    Object.entries(tinyModelFiles).map(
      async ([name, url]) => [name, await readBytes(url)] as const,
    ),
  );
  return openModel(folderFromFiles(new Map(files), 'tiny'));
}
