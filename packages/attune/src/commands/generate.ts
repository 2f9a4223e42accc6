import { createInterface } from 'node:readline/promises';
import { group, integer, number, text } from '@attune/config';
import { AttuneError } from '@attune/gpu';
import type { ChatMessage } from '@attune/tokenizer';
import { type GenerationOptions, type LoadedModel, modelConfig } from '@attune/trainer';
import type { Command, Context, Values } from '../command-line/command.ts';
import { usageError } from '../command-line/usage.ts';
import { writeWhole } from '../files.ts';
import { loadNamed } from '../load-named.ts';
import { deviceConfig } from '../recipe-keys.ts';
import { promptIds, readAll } from '../rows.ts';

export const generate: Command = {
  name: 'generate',
  summary: 'Answers prompts of a file, or chats in the terminal.',
  description:
    'Rows of {"messages"}, {"prompt"} or {"prompt_ids"} come back with ids, text and log_probs. Without --prompts, a chat.',
  example: `attune generate --model_name_or_path M --adapter_name_or_path adapter \\
  --prompts prompts.jsonl --output answers.jsonl --max_new_tokens 64 --temperature 0`,
  keys: {
    ...modelConfig,
    ...deviceConfig,
    ...group('Files', {
      prompts: text(undefined, 'Rows with prompts: a JSONL file.'),
      output: text(undefined, 'JSONL file to write (without it: the standard output).'),
    }),
    ...group('Sampling', {
      maxNewTokens: integer(256, 'Tokens of an answer at most.', { min: 1 }),
      temperature: number(0, 'Divides the logits; 0 takes the most likely token.', { min: 0 }),
      topK: integer(0, 'Samples from the k most likely tokens; 0: from all.', { min: 0 }),
      topP: number(1, 'Samples from the fewest tokens that together have this probability.', {
        min: 0,
        max: 1,
      }),
      minP: number(
        0,
        'Samples from tokens with at least this share of the probability of the most likely one.',
        { min: 0, max: 1 },
      ),
      seed: integer(0, 'Seed of sampling.', { min: 0 }),
      batchSize: integer(8, 'Prompts that are decoded together.', { min: 1 }),
    }),
  },
  required: ['modelNameOrPath'],
  async run(values, context) {
    if (values.prompts === undefined && !process.stdin.isTTY) {
      throw usageError(
        'missing-key',
        'There are no prompts, and no terminal to chat in.',
        'Give --prompts FILE.jsonl with rows of {"messages"}, {"prompt"} or {"prompt_ids"}.',
      );
    }
    const rows = values.prompts === undefined ? undefined : await readAll(String(values.prompts));
    const batchSize = rows ? Number(values.batchSize) : 1;
    const model = await loadNamed(values, context, { batchSize });
    try {
      if (rows) await answerRows(rows, values, model, context);
      else await chat(values, model, context);
    } finally {
      model.destroy();
    }
  },
};

const options = (values: Values, signal: AbortSignal): GenerationOptions => ({
  maxNewTokens: Number(values.maxNewTokens),
  temperature: Number(values.temperature),
  topK: Number(values.topK),
  topP: Number(values.topP),
  minP: Number(values.minP),
  seed: Number(values.seed),
  signal,
});

async function answerRows(
  rows: Awaited<ReturnType<typeof readAll>>,
  values: Values,
  model: LoadedModel,
  { terminal, signal }: Context,
): Promise<void> {
  const prompts = rows.map((row, i) => promptIds(row, i + 1, () => model.tokenizer));
  const textOf = readableBy(model);
  let made = 0;
  const results = await model.generateIds(prompts, {
    ...options(values, signal),
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
      text: textOf(ids),
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
function readableBy(model: LoadedModel): (ids: number[]) => string | null {
  let has = true;
  try {
    void model.model.tokenizer;
  } catch (error) {
    if (!(error instanceof AttuneError)) throw error;
    has = false;
  }
  return (ids) => (has ? model.tokenizer.decode(ids, { skipSpecialTokens: true }) : null);
}

async function chat(values: Values, model: LoadedModel, { terminal, signal }: Context) {
  const { tokenizer } = model;
  const messages: ChatMessage[] = [];
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  terminal.note('An empty line ends the chat.');
  try {
    while (!signal.aborted) {
      const line = (await prompt.question('> ', { signal })).trim();
      if (line === '') break;
      messages.push({ role: 'user', content: line });
      const ids = model.promptIds(tokenizer.hasChatTemplate ? messages : line);
      const stream = tokenizer.stream({ skipSpecialTokens: true });
      const [answer] = await model.generateIds([ids], {
        ...options(values, signal),
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
