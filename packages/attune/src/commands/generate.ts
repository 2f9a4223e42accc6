import { createInterface } from 'node:readline/promises';
import { type GenerateOptions, Generator } from '@attune/model';
import type { ChatMessage, Tokenizer } from '@attune/tokenizer';
import type { Command, Context } from '../command-line/command.ts';
import type { Values } from '../command-line/option.ts';
import { writeWhole } from '../files.ts';
import { modelKeys } from '../keys/model-keys.ts';
import { inputRows, promptIds } from '../rows.ts';
import { loadSession, type Session, tokenizerOf } from '../session.ts';

function optionsOf(values: Values, session: Session, tokenizer: Tokenizer): GenerateOptions {
  const ends = [...tokenizer.eosTokenIds, ...session.network.config.eosTokenIds];
  return {
    maxNewTokens: Number(values.max_new_tokens),
    temperature: Number(values.temperature),
    topK: Number(values.top_k),
    topP: Number(values.top_p),
    minP: Number(values.min_p),
    seed: Number(values.seed),
    eosTokenIds: [...new Set(ends)],
  };
}

/** A chat in the terminal: each answer appears as it is made. */
async function chat(
  session: Session,
  tokenizer: Tokenizer,
  generator: Generator,
  options: GenerateOptions,
  { terminal, signal }: Context,
): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const messages: ChatMessage[] = [];
  terminal.note('Write a message; an empty line or Ctrl-D ends the chat.');
  for (;;) {
    const said = await lines.question('> ', { signal }).catch(() => '');
    if (said.trim() === '') break;
    messages.push({ role: 'user', content: said });
    const ids = tokenizer.hasChatTemplate
      ? tokenizer.encodeChat(messages, { addGenerationPrompt: true }).ids
      : tokenizer.encode(said);
    const stream = tokenizer.stream({ skipSpecialTokens: true });
    let answer = '';
    const show = (text: string) => {
      answer += text;
      process.stdout.write(text);
    };
    await generator.generate([ids], {
      ...options,
      signal,
      readEvery: 4,
      onTokens: (_, fresh) => {
        for (const id of fresh) show(stream.push(id));
      },
    });
    show(stream.flush());
    process.stdout.write('\n');
    messages.push({ role: 'assistant', content: answer });
  }
  lines.close();
}

/** `attune generate`: answers to a file of prompts, or a chat. */
export const generate: Command = {
  name: 'generate',
  summary: 'Answers prompts with a model, or with a model and an adapter.',
  description:
    'Rows of {"messages"}, {"prompt"} or {"prompt_ids"} come back with ids, text and log_probs. Without files: a chat in the terminal.',
  example:
    'attune generate --model_name_or_path M --adapter_name_or_path out --prompts rows.jsonl --output answers.jsonl --max_new_tokens 64 --temperature 0',
  options: [
    ...modelKeys,
    { name: 'prompts', kind: 'text', help: 'A JSONL file of rows.', group: 'Files' },
    {
      name: 'output',
      kind: 'text',
      help: 'The JSONL file to write. Default: the standard output.',
      group: 'Files',
    },
    {
      name: 'max_new_tokens',
      kind: 'integer',
      default: 256,
      least: 1,
      help: 'Tokens of an answer at most.',
      group: 'Sampling',
    },
    {
      name: 'temperature',
      kind: 'number',
      default: 0,
      least: 0,
      help: 'Divides the logits; 0 takes the likeliest token.',
      group: 'Sampling',
    },
    {
      name: 'top_k',
      kind: 'integer',
      default: 0,
      least: 0,
      help: 'Keeps the k likeliest tokens; 0: all.',
      group: 'Sampling',
    },
    {
      name: 'top_p',
      kind: 'number',
      default: 1,
      least: 0,
      help: 'Keeps the fewest likeliest tokens that reach this probability.',
      group: 'Sampling',
    },
    {
      name: 'min_p',
      kind: 'number',
      default: 0,
      least: 0,
      help: "Keeps tokens of at least this share of the likeliest one's probability.",
      group: 'Sampling',
    },
    {
      name: 'seed',
      kind: 'integer',
      default: 42,
      least: 0,
      help: 'Seed of sampling.',
      group: 'Sampling',
    },
    {
      name: 'batch_size',
      kind: 'integer',
      default: 8,
      least: 1,
      help: 'Prompts answered together.',
      group: 'Sampling',
    },
  ],
  required: ['model_name_or_path'],
  async run(values, context) {
    const { terminal, signal } = context;
    const rows = values.prompts === undefined ? [] : await inputRows(String(values.prompts));
    const session = await loadSession(values, terminal);
    const tokenizer = tokenizerOf(session.model);
    const { vocabSize } = session.network.config;
    const ids = rows.map((row, i) => promptIds(row, () => tokenizer, vocabSize, i + 1));
    const batchSize = Number(values.batch_size);
    const generator = new Generator(session.executor, session.network, { batchSize });
    const options = optionsOf(values, session, tokenizer);
    if (values.prompts === undefined) await chat(session, tokenizer, generator, options, context);
    else {
      const lines: string[] = [];
      for (let first = 0; first < ids.length && !signal.aborted; first += batchSize) {
        const group = ids.slice(first, first + batchSize);
        const seed = options.seed! + first;
        const answers = await generator.generate(group, { ...options, seed, signal });
        for (const [i, { ids: made, logProbs }] of answers.entries()) {
          const text = tokenizer.decode(made, { skipSpecialTokens: true });
          lines.push(JSON.stringify({ ...rows[first + i], ids: made, text, log_probs: logProbs }));
        }
        terminal.progress(`answered ${lines.length} of ${ids.length}`);
      }
      terminal.settle();
      if (values.output === undefined) for (const line of lines) terminal.out(line);
      else {
        await writeWhole(String(values.output), lines.map((line) => `${line}\n`).join(''));
        terminal.note(`Wrote ${lines.length} answers to ${values.output}.`);
      }
    }
    generator.destroy();
    session.destroy();
  },
};
