/**
 * Preference data for the embedded model: its own stories, of which cheerful ones are preferred. A
 * story is cheerful where it has at least two words that a public lexicon (VADER) calls good and none
 * that it calls bad. For each request the model tells eight stories; a pair is the cheerful and the
 * other one that are nearest in length, so that length does not give the answer away. One answer of each
 * pair also stands in tone-judged.jsonl, for KTO.
 *
 *   node tone.mjs lexicon --vader vader_lexicon.txt --corpus corpus/train.jsonl --output ../data/tone-lexicon.json
 *   node tone.mjs requests --seed 201 --count 1300 --stories 8 --output corpus/requests.jsonl
 *   npx attune generate --model_name_or_path ../model --prompts corpus/requests.jsonl --output corpus/told.jsonl \
 *     --temperature 1 --max_new_tokens 160 --batch_size 64 --seed 1
 *   node tone.mjs pairs --told corpus/told.jsonl --train 768 --test 128 --output ../data
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from './random.mjs';
import { request, story } from './stories.mjs';

const wordsOf = (text) => text.toLowerCase().match(/[a-z']+/g) ?? [];
const readRows = (file) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const writeRows = (file, rows) => {
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  console.log(`${rows.length} rows in ${file}`);
};

/** A name of the cast, not "missing in action". */
const names = new Set(['mia']);

/** The lexicon's words that the model's text has, with their valences (-4 to 4). */
function lexicon({ vader, corpus, output }) {
  const known = new Set(readRows(corpus).flatMap(({ text }) => wordsOf(text)));
  const entries = readFileSync(vader, 'utf8')
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([word]) => known.has(word) && !names.has(word))
    .map(([word, valence]) => [word, Number(valence)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(output, `${JSON.stringify(Object.fromEntries(entries), null, 1)}\n`);
  console.log(`${entries.length} words in ${output}`);
}

/** Different requests for a story, each `stories` times. */
function requests({ seed, count, stories, output }) {
  const random = new Random(Number(seed));
  const seen = new Set();
  while (seen.size < Number(count)) seen.add(request(random, story(random).topics));
  const rows = [...seen].flatMap((content) => Array.from({ length: Number(stories) }, () => ({ messages: [{ role: 'user', content }] })));
  writeRows(output, rows);
}

function isCheerful(text, valences) {
  const known = wordsOf(text).map((word) => valences[word] ?? 0);
  return known.filter((valence) => valence > 0).length >= 2 && !known.some((valence) => valence < 0);
}

/** One answer of each pair, judged by itself: cheerful and other ones in turn, for KTO. */
function judged({ prompt, chosen, rejected }, i) {
  return i % 2 === 0 ? { prompt, completion: chosen, label: true } : { prompt, completion: rejected, label: false };
}

/** Pairs of requests that got stories of both kinds; the last ones are held out. */
function pairs({ told, train, test, output }) {
  const valences = JSON.parse(readFileSync(join(output, 'tone-lexicon.json'), 'utf8'));
  const byRequest = new Map();
  for (const { messages, text, ids, finish_reason } of readRows(told)) {
    const [{ content }] = messages;
    const stories = byRequest.get(content) ?? [];
    byRequest.set(content, stories);
    if (finish_reason === 'stop') {
      stories.push({ text: text.trim(), length: ids.length, good: isCheerful(text, valences) });
    }
  }
  const rows = [];
  for (const [content, stories] of byRequest) {
    const both = stories
      .filter(({ good }) => good)
      .flatMap((chosen) => stories.filter(({ good }) => !good).map((rejected) => ({ chosen, rejected })))
      .map((pair) => ({ ...pair, apart: Math.abs(pair.chosen.length - pair.rejected.length) }))
      .sort((a, b) => a.apart - b.apart);
    if (both.length === 0) continue;
    const said = ({ text }) => [{ role: 'assistant', content: text }];
    const [{ chosen, rejected }] = both;
    rows.push({ prompt: [{ role: 'user', content }], chosen: said(chosen), rejected: said(rejected) });
  }
  const [many, few] = [Number(train), Number(test)];
  if (rows.length < many + few) throw new Error(`Only ${rows.length} requests got stories of both kinds.`);
  writeRows(join(output, 'tone-train.jsonl'), rows.slice(0, many));
  writeRows(join(output, 'tone-judged.jsonl'), rows.slice(0, many).map(judged));
  writeRows(join(output, 'tone-test.jsonl'), rows.slice(many, many + few));
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(['vader', 'corpus', 'output', 'seed', 'count', 'stories', 'told', 'train', 'test'].map((name) => [name, { type: 'string' }])),
});
const steps = { lexicon, requests, pairs };
steps[positionals[0]](values);
