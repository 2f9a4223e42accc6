import { preparePreference, prepareUnpaired } from '@attune/data';
import type { Gpu } from '@attune/gpu';
import { Generator, Network } from '@attune/model';
import { loraTuning } from '@attune/peft';
import {
  CPOTrainer,
  DPOTrainer,
  KTOTrainer,
  ORPOTrainer,
  type ORPOTrainerOptions,
  type PreferenceArguments,
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
import { Tokenizer } from '@attune/tokenizer';
import { pageArguments } from './arguments';
import { computerOf } from './kernel';
import type { PreferSettings } from './live';
import type { Event, Judged, Sample } from './protocol';
import { makePolicy } from './reward-run';

/** Pairs a step, or judged answers for KTO: few, so that a step is short on a software adapter too. */
const batch = { pairs: 4, answers: 8 };
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
  const share = (steps * (unpaired ? batch.answers : batch.pairs)) / kinds.length;
  const taken = kinds.map((kind) => kind.slice(0, share).sort((a, b) => a.i - b.i));
  // KTO's batches want both kinds: they take turns, as in the file.
  return taken[0]!.flatMap((_, n) =>
    taken.flatMap((kind): Row[] => (kind[n] ? [kind[n].row] : [])),
  );
}

const said = (row: Row, name: string) => (row[name] as [{ content: string }])[0].content;

/** Prefers (or is rewarded for) cheerful stories, by any of the algorithms, and tells each step; stories are told before and after. */
export async function prefer(gpu: Gpu, settings: PreferSettings, tell: (event: Event) => void) {
  const model = await openTinyModel();
  const { config, generationConfig, weights } = model;
  const tokenizer = Tokenizer.from({
    ...model.tokenizer,
    ...(generationConfig && { generationConfig }),
  });
  const method = loraTuning(config, { targetModules: 'all-linear', r: 16, loraAlpha: 32 }, 42);
  const given = { gpu, config, weights, method, padTokenId: tokenizer.padTokenId! };
  const { algorithm } = settings;
  const trainer =
    algorithm === 'grpo' || algorithm === 'rloo'
      ? await makePolicy({ ...settings, algorithm }, tokenizer, given)
      : await make(await clearRows(settings), settings, tokenizer, given);
  try {
    const total = weights.names().reduce((sum, name) => {
      return sum + weights.info(name).shape.reduce((a, b) => a * b, 1);
    }, 0);
    const trained = trainer.trainable.count;
    const account = Object.fromEntries(await trainer.account());
    tell({ kind: 'ready', computer: computerOf(gpu), trained, total, account });
    const base = new Network(config, {}, trainer.network.layout);
    const narrate = async (step: number) => {
      const { samples, judged } = await tellStories(trainer, base, tokenizer);
      tell({ kind: 'samples', step, samples });
      tell({ kind: 'judged', step, judged });
    };
    await narrate(0);
    for await (const report of trainer.steps()) {
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
  rows: Row[],
  { algorithm, beta, learningRate, steps }: PreferSettings,
  tokenizer: Tokenizer,
  given: Omit<ORPOTrainerOptions, 'train' | 'evaluation' | 'arguments'>,
): Promise<Trainer> {
  const shared: PreferenceArguments & { beta: number } = {
    ...pageArguments,
    beta,
    maxSteps: steps,
    perDeviceTrainBatchSize: algorithm === 'kto' ? batch.answers : batch.pairs,
    trainSamplingStrategy: 'sequential',
    dataloaderDropLast: true,
    learningRate,
  };
  const maxLength = 256;
  if (algorithm === 'kto') {
    const options = { maxLength, batchSize: batch.answers };
    const { examples: train } = await prepareUnpaired(rows, tokenizer, options);
    // As the recipe: unwanted answers are half of the rows here, and weigh a little less.
    return KTOTrainer.create({
      ...given,
      train,
      arguments: { ...shared, undesirableWeight: 0.75 },
    });
  }
  const kind = algorithm === 'orpo' ? 'orpo' : algorithm === 'simpo' ? 'cpo' : 'dpo';
  const options = { maxLength, trainer: kind } as const;
  const { examples: train } = await preparePreference(rows, tokenizer, options);
  if (kind === 'orpo') return ORPOTrainer.create({ ...given, train, arguments: shared });
  if (kind === 'cpo') {
    const own = { lossType: 'simpo', cpoAlpha: 0, simpoGamma: 0.5 } as const;
    return CPOTrainer.create({ ...given, train, arguments: { ...shared, ...own } });
  }
  const lossType = [algorithm === 'ipo' ? ('ipo' as const) : ('sigmoid' as const)];
  return DPOTrainer.create({ ...given, train, arguments: { ...shared, lossType } });
}

/** Stories on held-out requests, how many are cheerful, and how far the policy has gone. */
async function tellStories(
  { executor, network }: Policy,
  base: Network,
  tokenizer: Tokenizer,
): Promise<{ samples: Sample[]; judged: Judged }> {
  const requests = (await tonePairs('test')).slice(0, stories).map(({ prompt }) => prompt);
  const prompts = requests.map((messages) => [
    ...tokenizer.encodeChat(messages, { addGenerationPrompt: true }).ids,
  ]);
  const generator = new Generator(executor, network, { batchSize: stories });
  try {
    const told = await generator.generate(prompts, {
      maxNewTokens: 110,
      temperature: 1,
      seed: 1,
      eosTokenIds: tokenizer.eosTokenIds,
    });
    const rows = told.map(({ ids }, i) => ({
      ids: Int32Array.from([...prompts[i]!, ...ids]),
      start: prompts[i]!.length,
    }));
    const before = await referenceLogps(rows, { executor, network: base, batchSize: 8 });
    const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
    const lexicon = await toneLexicon();
    const samples = told.map(({ ids }, i) => {
      const answer = tokenizer.decode(ids, { skipSpecialTokens: true }).trim();
      const prompt = requests[i]![0].content;
      return { prompt, answer, expected: '', good: isCheerful(answer, lexicon) };
    });
    const kl = sum(told.map(({ logProbs }, i) => sum(logProbs) - before[i]!)) / stories;
    const cheerful = samples.filter(({ good }) => good).length;
    return { samples: samples.slice(0, shown), judged: { stories, cheerful, kl } };
  } finally {
    generator.destroy();
  }
}
