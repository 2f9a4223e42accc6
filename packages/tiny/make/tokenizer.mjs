/**
 * Trains the embedded model's tokenizer and writes it as Hugging Face files.
 *
 *   node tokenizer.mjs --input corpus/train.jsonl --size 2048 --output init
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countWords, trainBpe } from './bpe.mjs';

export const specials = ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<|pad|>'];

export function tokenizerJson({ tokens, merges }) {
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true,
  };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

export const tokenizerConfig = {
  tokenizer_class: 'PreTrainedTokenizerFast',
  bos_token: '<|endoftext|>',
  eos_token: '<|endoftext|>',
  pad_token: '<|pad|>',
  model_max_length: 256,
  clean_up_tokenization_spaces: false,
};

function main() {
  const { values } = parseArgs({
    options: {
      input: { type: 'string', default: 'corpus/train.jsonl' },
      size: { type: 'string', default: '2048' },
      output: { type: 'string', default: 'init' },
    },
  });
  const texts = readFileSync(values.input, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).text);
  const counts = countWords(texts, specials);
  const learned = trainBpe(counts, Number(values.size), specials);
  mkdirSync(values.output, { recursive: true });
  const write = (name, value) => writeFileSync(join(values.output, name), `${JSON.stringify(value)}\n`);
  write('tokenizer.json', tokenizerJson(learned));
  write('tokenizer_config.json', tokenizerConfig);
  console.log(`${counts.size} different words, ${learned.tokens.length} tokens, ${learned.merges.length} merges in ${values.output}`);
}

if (process.argv[1]?.endsWith('tokenizer.mjs')) main();
