import { prepareDataset } from '@attune/data';
import type { Gpu } from '@attune/gpu';
import { folderFromFiles, Generator, openModel } from '@attune/model';
import { type LoraMethod, loraTuning, writeAdapter } from '@attune/peft';
import { type SFTArguments, SFTTrainer } from '@attune/sft';
import { Tokenizer } from '@attune/tokenizer';
import type { StepReport } from '@attune/trainer';
import { readBytes, tinyModelFiles, tinyModelFolder } from './files.ts';
import { expectedAnswer, instructionRows, scoreAnswers } from './instructions.ts';

/** What `recipes/sft.yaml` says, as SFTTrainer takes it; a test holds the two together. */
export const tinyArguments: SFTArguments = {
  seed: 42,
  maxSteps: 200,
  numTrainEpochs: 3,
  perDeviceTrainBatchSize: 8,
  perDeviceEvalBatchSize: 8,
  gradientAccumulationSteps: 1,
  gradientCheckpointing: false,
  trainSamplingStrategy: 'random',
  dataloaderDropLast: false,
  lossType: 'nll',
  learningRate: 2e-3,
  lrSchedulerType: 'cosine',
  lrSchedulerKwargs: null,
  warmupSteps: 10,
  weightDecay: 0,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  maxGradNorm: 1,
};

/** The recipe's adapter: LoRA on every linear layer. */
export const tinyLora = {
  targetModules: ['all-linear'],
  r: 16,
  loraAlpha: 32,
  loraDropout: 0,
  useRslora: false,
  modulesToSave: null,
} as const;

const maxLength = 128;

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
  readonly #lora: LoraMethod;

  private constructor(trainer: SFTTrainer, tokenizer: Tokenizer, lora: LoraMethod) {
    this.trainer = trainer;
    this.tokenizer = tokenizer;
    this.#lora = lora;
  }

  /**
   * Reads model and data (2.3 MB) and uploads the weights. `values` are an adapter's tensors to begin
   * with, by name.
   * @throws AttuneError `file-missing` where a file of this package cannot be read
   */
  static async create(
    gpu: Gpu,
    change: Partial<SFTArguments> = {},
    values?: ReadonlyMap<string, Float32Array>,
  ): Promise<TinyRun> {
    const model = await openTinyModel();
    const tokenizer = Tokenizer.from({
      ...model.tokenizer,
      ...(model.generationConfig && { generationConfig: model.generationConfig }),
    });
    const sequences = async (split: 'train' | 'test') => {
      const rows = (await instructionRows(split)).map((row) => ({ ...row }));
      const options = { maxLength, completionOnlyLoss: true };
      return (await prepareDataset(rows, tokenizer, options)).examples;
    };
    const lora = loraTuning(model.config, tinyLora, tinyArguments.seed);
    const trainer = await SFTTrainer.create({
      gpu,
      config: model.config,
      weights: model.weights,
      method: lora,
      ...(values && { values }),
      padTokenId: tokenizer.padTokenId!,
      train: await sequences('train'),
      evaluation: await sequences('test'),
      arguments: { ...tinyArguments, ...change },
    });
    return new TinyRun(trainer, tokenizer, lora);
  }

  /** Trains, one report a step; leaving the loop stops. */
  steps(): AsyncGenerator<StepReport> {
    return this.trainer.steps();
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

  /** PEFT's two files, by name. */
  async adapter(baseModel = tinyModelFolder().href): Promise<Map<string, Uint8Array>> {
    return writeAdapter(this.#lora, await this.trainer.trained(), { baseModel });
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
