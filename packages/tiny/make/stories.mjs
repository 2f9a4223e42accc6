/**
 * The pretraining text of the embedded model: stories made from plots, scenes with questions, and
 * a few conversations. Nothing is copied from anywhere: every text is a function of (seed, index).
 *
 *   node stories.mjs --documents 24000 --seed 1 --output corpus/train.jsonl
 *   node stories.mjs --documents 400 --seed 2 --mixed --output corpus/held.jsonl
 */
import { echo, firstEcho } from './echoes.mjs';
import { a } from './grammar.mjs';
import { fact, smallTalk } from './knowledge.mjs';
import { plots } from './plots/index.mjs';
import { Random } from './random.mjs';
import { scene } from './scenes.mjs';
import { Tale } from './tale.mjs';

const names = Object.keys(plots);

/** One story: { plot, text, questions: [{ question, answer }], topics }. */
export function story(random) {
  const plot = random.pick(names);
  const tale = new Tale(random);
  plots[plot](tale, random);
  return { plot, text: tale.text(), questions: tale.questions, topics: tale.topics };
}

const answered = ({ question, answer }) => `Question: ${question}\nAnswer: ${answer}`;

function storyWithQuestions(random) {
  const { text, questions } = story(random);
  const asked = random.some(questions, 1 + random.below(3));
  return `${text}\n\n${asked.map(answered).join('\n')}`;
}

function scenes(random) {
  const parts = [];
  for (let i = 2 + random.below(3); i > 0; i--) {
    const { text, questions } = scene(random);
    parts.push(
      `${text}\n${random
        .some(questions, 1 + random.below(2))
        .map(answered)
        .join('\n')}`,
    );
  }
  return parts.join('\n\n');
}

function facts(random) {
  return Array.from({ length: 3 + random.below(4) }, () => answered(fact(random))).join('\n');
}

const noArticle = /^(the|learning|soup|jam|bread|honey|candy|ice cream|rain|snow|night|hide and seek)\b|(cookies|pancakes)$/;
const topic = (words) => (noArticle.test(words) ? words : a(words));

/** ChatML as the tokenizer's template renders it. */
export const chat = (user, assistant) => `<|im_start|>user\n${user}<|im_end|>\n<|im_start|>assistant\n${assistant}<|im_end|>\n`;

/** What a visitor could ask for. */
export function request(random, topics) {
  const wanted = random.some(topics, Math.min(topics.length, 1 + random.below(2))).map(topic);
  const about = wanted.join(' and ');
  return random.pick([
    `Tell me a story about ${about}.`,
    `Tell me a story about ${about}.`,
    `Please tell me a story about ${about}.`,
    `Write a story about ${about}.`,
    `Can you tell me a story about ${about}?`,
    `I want to hear a story about ${about}.`,
    'Tell me a story.',
  ]);
}

function conversation(random) {
  if (random.chance(0.15)) {
    const [user, assistant] = smallTalk(random);
    return chat(user, assistant);
  }
  const { text, topics } = story(random);
  return chat(request(random, topics), text);
}

const kinds = {
  story: (random) => story(random).text,
  storyWithQuestions,
  scenes,
  facts,
  conversation,
  echo,
  firstEcho,
};
const shares = {
  story: 32,
  storyWithQuestions: 26,
  scenes: 26,
  facts: 4,
  conversation: 12,
  echo: 4,
};
/** At the beginning of the corpus: much to copy, little else. */
const firstShares = { firstEcho: 90, scenes: 10 };

/**
 * Document `index` of `total` of the corpus with this seed. The first 6 % are for learning to copy;
 * they go over into the usual mixture up to 20 %. So the order of the file matters: train on it in
 * order. Without `total`, the usual mixture from the start (held-out text).
 */
export function storyDocument(seed, index, total = 0) {
  const random = new Random(seed, index);
  const first = total ? Math.min(1, (0.2 - index / total) / 0.14) : 0;
  return kinds[random.weighted(random.chance(first) ? firstShares : shares)](random);
}

async function main() {
  const { parseArgs } = await import('node:util');
  const { createWriteStream, mkdirSync } = await import('node:fs');
  const { dirname } = await import('node:path');
  const { values } = parseArgs({
    options: {
      documents: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
      mixed: { type: 'boolean', default: false },
      output: { type: 'string', default: 'corpus/train.jsonl' },
    },
  });
  mkdirSync(dirname(values.output), { recursive: true });
  const out = createWriteStream(values.output);
  const total = Number(values.documents);
  for (let i = 0; i < total; i++) {
    out.write(`${JSON.stringify({ text: storyDocument(Number(values.seed), i, values.mixed ? 0 : total) })}\n`);
  }
  await new Promise((done) => out.end(done));
  console.log(`${values.documents} documents with seed ${values.seed} in ${values.output}`);
}

if (typeof process !== 'undefined' && process.argv[1]?.endsWith('stories.mjs')) await main();
