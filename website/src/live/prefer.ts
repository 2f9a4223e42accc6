import type { Gpu } from '@attune/gpu';
import { Generator, Network, type OpenModel } from '@attune/model';
import type { PeftConfig } from '@attune/peft';
import {
  CPOTrainer,
  DPOTrainer,
  KTOTrainer,
  ORPOTrainer,
  referenceLogps,
} from '@attune/preference';
import {
  isCheerful,
  openTinyModel,
  readTinyFile,
  type ToneLexicon,
  toneFiles,
  toneLexicon,
  tonePairs,
} from '@attune/tiny';
import type { Tokenizer } from '@attune/tokenizer';
import { pageArgs } from './arguments';
import { computerOf } from './kernel';
import type { PreferSettings } from './live';
import type { Event, Sample, Tone } from './protocol';
import { makePolicy } from './reward-run';

/** Pairs a step, or completions for KTO: few, so that a step is short on a software adapter too. */
const batch = { pairs: 4, completions: 8 };
/** Characters of a story: about 110 tokens. Longer ones make longer steps. */
const longest = 340;
const stories = 16;
/** Of these, how many are shown. */
const shown = 3;

type Row = Record<string, unknown>;
type Trainer = DPOTrainer | KTOTrainer | ORPOTrainer | CPOTrainer;
type Policy = Pick<Trainer, 'executor' | 'network'>;

/** What the lexicon makes of a text: the sum of its words' valences. */
const toneOf = (text: string, lexicon: ToneLexicon) =>
  (text.toLowerCase().match(/[a-z']+/g) ?? []).reduce(
    (sum, word) => sum + (Object.hasOwn(lexicon, word) ? lexicon[word]! : 0),
    0,
  );

/**
 * As many rows as the steps take: of the short stories, those whose tone is clearest. So few steps learn little from
 * pairs that hardly differ.
 */
async function clearRows({ algorithm, steps }: PreferSettings): Promise<Row[]> {
  const unpaired = algorithm === 'kto';
  const text = new TextDecoder().decode(
    await readTinyFile(unpaired ? toneFiles.judged : toneFiles.train),
  );
  const lexicon = await toneLexicon();
  const rows = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
    .map((row, i) => {
      const toneIn = (name: string) => toneOf(said(row, name), lexicon);
      const clear = unpaired
        ? toneIn('completion') * (row.label ? 1 : -1)
        : toneIn('chosen') - toneIn('rejected');
      const names = unpaired ? ['completion'] : ['chosen', 'rejected'];
      return { row, i, clear, length: Math.max(...names.map((name) => said(row, name).length)) };
    })
    .filter(({ length }) => length <= longest)
    .sort((a, b) => b.clear - a.clear);
  const kinds = unpaired
    ? [true, false].map((label) => rows.filter(({ row }) => row.label === label))
    : [rows];
  const share = (steps * (unpaired ? batch.completions : batch.pairs)) / kinds.length;
  const taken = kinds.map((kind) => kind.slice(0, share).sort((a, b) => a.i - b.i));
  // KTO's batches want both kinds: they take turns, as in the file.
  return taken[0]!.flatMap((_, n) =>
    taken.flatMap((kind): Row[] => (kind[n] ? [kind[n].row] : [])),
  );
}

const said = (row: Row, name: string) => (row[name] as [{ content: string }])[0].content;

/** What every trainer of this page is given. */
export interface Given {
  readonly gpu: Gpu;
  readonly model: OpenModel;
  readonly peftConfig: PeftConfig;
  readonly log: () => void;
}

/** Learns to prefer (or is rewarded for) cheerful stories, by any of the algorithms, and reports each step; stories are told before and after. */
export async function prefer(gpu: Gpu, settings: PreferSettings, tell: (event: Event) => void) {
  const model = await openTinyModel();
  const { config, weights } = model;
  const peftConfig = {
    peftType: 'LORA',
    targetModules: 'all-linear',
    r: 16,
    loraAlpha: 32,
  } as const;
  const given: Given = { gpu, model, peftConfig, log: () => {} };
  const { algorithm } = settings;
  const trainer =
    algorithm === 'grpo' || algorithm === 'rloo'
      ? await makePolicy({ ...settings, algorithm }, given)
      : await make(await clearRows(settings), settings, given);
  try {
    const total = weights.names().reduce((sum, name) => {
      return sum + weights.info(name).shape.reduce((a, b) => a * b, 1);
    }, 0);
    const trained = trainer.trainable.count;
    const memory = Object.fromEntries(await trainer.memoryEstimate());
    tell({ kind: 'ready', computer: computerOf(gpu), trained, total, memory });
    const base = new Network(config, {}, trainer.network.layout);
    const narrate = async (step: number) => {
      const { samples, tone } = await tellStories(trainer, base, trainer.tokenizer);
      tell({ kind: 'samples', step, samples });
      tell({ kind: 'tone', step, tone });
    };
    await narrate(0);
    for await (const report of trainer.train()) {
      const { step, loss, gradNorm, learningRate, seconds, tokens, metrics } = report;
      tell({ kind: 'step', step, loss, gradNorm, learningRate, seconds, tokens, metrics });
    }
    await narrate(settings.steps);
    tell({ kind: 'done' });
  } finally {
    trainer.destroy();
  }
}

async function make(
  trainDataset: Row[],
  { algorithm, beta, learningRate, steps }: PreferSettings,
  given: Given,
): Promise<Trainer> {
  const args = {
    ...pageArgs,
    beta,
    learningRate,
    maxSteps: steps,
    maxLength: 256,
    perDeviceTrainBatchSize: algorithm === 'kto' ? batch.completions : batch.pairs,
    trainSamplingStrategy: 'sequential',
    dataloaderDropLast: true,
  } as const;
  const options = { ...given, trainDataset };
  if (algorithm === 'kto') {
    // As the recipe: unwanted completions are half of the rows here, and weigh a little less.
    return KTOTrainer.create({ ...options, args: { ...args, undesirableWeight: 0.75 } });
  }
  if (algorithm === 'orpo') return ORPOTrainer.create({ ...options, args });
  if (algorithm === 'simpo') {
    const own = { lossType: 'simpo', cpoAlpha: 0, simpoGamma: 0.5 } as const;
    return CPOTrainer.create({ ...options, args: { ...args, ...own } });
  }
  const lossType = [algorithm === 'ipo' ? ('ipo' as const) : ('sigmoid' as const)];
  return DPOTrainer.create({ ...options, args: { ...args, lossType } });
}

/** Stories on held-out requests, how many are cheerful, and how far the policy has gone. */
async function tellStories(
  { executor, network }: Policy,
  base: Network,
  tokenizer: Tokenizer,
): Promise<{ samples: Sample[]; tone: Tone }> {
  const requests = (await tonePairs('test')).slice(0, stories).map(({ prompt }) => prompt);
  const prompts = requests.map((messages) => [
    ...tokenizer.encodeChat(messages, { addGenerationPrompt: true }).ids,
  ]);
  const generator = new Generator(executor, network, { batchSize: stories });
  try {
    const generations = await generator.generate(prompts, {
      maxNewTokens: 110,
      temperature: 1,
      seed: 1,
      eosTokenIds: tokenizer.eosTokenIds,
    });
    const rows = generations.map(({ ids }, i) => ({
      ids: Int32Array.from([...prompts[i]!, ...ids]),
      start: prompts[i]!.length,
    }));
    const before = await referenceLogps(rows, { executor, network: base, batchSize: 8 });
    const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
    const lexicon = await toneLexicon();
    const samples = generations.map(({ ids }, i) => {
      const answer = tokenizer.decode(ids, { skipSpecialTokens: true }).trim();
      const prompt = requests[i]![0].content;
      return { prompt, answer, expected: '', good: isCheerful(answer, lexicon) };
    });
    const kl = sum(generations.map(({ logProbs }, i) => sum(logProbs) - before[i]!)) / stories;
    const cheerful = samples.filter(({ good }) => good).length;
    return { samples: samples.slice(0, shown), tone: { stories, cheerful, kl } };
  } finally {
    generator.destroy();
  }
}
