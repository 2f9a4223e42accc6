import { createInterface } from 'node:readline/promises';
import { AttuneError } from '@attune/gpu';
import { type GenerateOptions, Generator } from '@attune/model';
import type { ChatMessage, Tokenizer } from '@attune/tokenizer';
import type { Command, Context } from '../command-line/command.ts';
import { type Option, usageError, type Values } from '../command-line/option.ts';
import { writeWhole } from '../files.ts';
import { modelKeys } from '../keys/model-keys.ts';
import { promptIds, readAll } from '../rows.ts';
import { loadSession, type Session, tokenizerOf } from '../session.ts';

const sampling: Option[] = [
  {
    name: 'max_new_tokens',
    kind: 'integer',
    default: 256,
    least: 1,
    help: 'Tokens of an answer at most.',
  },
  {
    name: 'temperature',
    kind: 'number',
    default: 0,
    least: 0,
    help: 'Divides the logits; 0 takes the likeliest token.',
  },
  {
    name: 'top_k',
    kind: 'integer',
    default: 0,
    least: 0,
    help: 'Keeps the k likeliest tokens; 0: all.',
  },
  {
    name: 'top_p',
    kind: 'number',
    default: 1,
    least: 0,
    help: 'Keeps the fewest tokens of this probability together.',
  },
  {
    name: 'min_p',
    kind: 'number',
    default: 0,
    least: 0,
    help: "Keeps tokens of this share of the likeliest's probability.",
  },
  { name: 'seed', kind: 'integer', default: 0, least: 0, help: 'Seed of sampling.' },
  { name: 'batch_size', kind: 'integer', default: 8, least: 1, help: 'Prompts decoded together.' },
];

export const generate: Command = {
  name: 'generate',
  summary: 'Answers prompts of a file, or chats in the terminal.',
  description:
    'Rows of {"messages"}, {"prompt"} or {"prompt_ids"} come back with ids, text and log_probs. Without --prompts, a chat.',
  example: `attune generate --model_name_or_path M --adapter_name_or_path adapter \\
  --prompts prompts.jsonl --output answers.jsonl --max_new_tokens 64 --temperature 0`,
  options: [
    ...modelKeys,
    { name: 'prompts', kind: 'text', group: 'Files', help: 'Rows, as JSONL.' },
    {
      name: 'output',
      kind: 'text',
      group: 'Files',
      help: 'The JSONL file to write. Default: the standard output.',
    },
    ...sampling.map((option) => ({ ...option, group: 'Sampling' })),
  ],
  required: ['model_name_or_path'],
  async run(values, context) {
    if (values.prompts === undefined && !process.stdin.isTTY) {
      throw usageError(
        'missing-key',
        'There are no prompts, and no terminal to chat in.',
        'Give --prompts FILE.jsonl with rows of {"messages"}, {"prompt"} or {"prompt_ids"}.',
      );
    }
    const rows = values.prompts === undefined ? undefined : await readAll(String(values.prompts));
    const session = await loadSession(values, context.terminal);
    try {
      if (rows) await answerRows(rows, values, session, context);
      else await chat(values, session, context);
    } finally {
      session.destroy();
    }
  },
};

function options(values: Values, session: Session, signal: AbortSignal): GenerateOptions {
  const { config, generationConfig } = session.model;
  const listed = generationConfig?.eos_token_id;
  const ends = listed == null ? config.eosTokenIds : ([listed].flat() as number[]);
  return {
    maxNewTokens: Number(values.max_new_tokens),
    temperature: Number(values.temperature),
    topK: Number(values.top_k),
    topP: Number(values.top_p),
    minP: Number(values.min_p),
    seed: Number(values.seed),
    eosTokenIds: ends,
    signal,
  };
}

async function answerRows(
  rows: Awaited<ReturnType<typeof readAll>>,
  values: Values,
  session: Session,
  { terminal, signal }: Context,
): Promise<void> {
  let tokenizer: Tokenizer | undefined;
  const tokens = () => (tokenizer ??= tokenizerOf(session.model));
  const prompts = rows.map((row, i) => promptIds(row, i + 1, tokens));
  const text = readableBy(session, tokens);
  const generator = new Generator(session.executor, session.network, {
    batchSize: Number(values.batch_size),
  });
  let made = 0;
  const results = await generator.generate(prompts, {
    ...options(values, session, signal),
    onTokens: (_, ids) => {
      made += ids.length;
      terminal.progress(`Generating: ${made} tokens`);
    },
  });
  terminal.settle();
  const lines = results.map(({ ids, logProbs, finishReason }, i) =>
    JSON.stringify({
      ...rows[i],
      ids,
      text: text(ids),
      log_probs: logProbs,
      finish_reason: finishReason,
    }),
  );
  if (values.output === undefined) for (const line of lines) terminal.out(line);
  else {
    await writeWhole(String(values.output), `${lines.join('\n')}\n`);
    terminal.out(`Answered ${lines.length} prompts with ${made} tokens: ${values.output}`);
  }
}

/** Text of an answer without its end token; a model without a tokenizer gives none. */
function readableBy({ model }: Session, tokens: () => Tokenizer): (ids: number[]) => string | null {
  let has = true;
  try {
    void model.tokenizer;
  } catch (error) {
    if (!(error instanceof AttuneError)) throw error;
    has = false;
  }
  return (ids) => (has ? tokens().decode(ids, { skipSpecialTokens: true }) : null);
}

async function chat(
  values: Values,
  session: Session,
  { terminal, signal }: Context,
): Promise<void> {
  const tokenizer = tokenizerOf(session.model);
  const generator = new Generator(session.executor, session.network, { batchSize: 1 });
  const messages: ChatMessage[] = [];
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  terminal.note('An empty line ends the chat.');
  try {
    while (!signal.aborted) {
      const line = (await prompt.question('> ', { signal })).trim();
      if (line === '') break;
      messages.push({ role: 'user', content: line });
      const ids = tokenizer.hasChatTemplate
        ? tokenizer.encodeChat(messages, { addGenerationPrompt: true }).ids
        : tokenizer.encode(line);
      const stream = tokenizer.stream({ skipSpecialTokens: true });
      const [answer] = await generator.generate([ids], {
        ...options(values, session, signal),
        onTokens: (_, fresh) => {
          for (const id of fresh) process.stdout.write(stream.push(id));
        },
      });
      process.stdout.write(`${stream.flush()}\n`);
      messages.push({
        role: 'assistant',
        content: tokenizer.decode(answer!.ids, { skipSpecialTokens: true }),
      });
    }
  } finally {
    prompt.close();
  }
}
