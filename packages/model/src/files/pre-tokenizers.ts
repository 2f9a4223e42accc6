/** How a byte-level BPE cuts text before it merges: llama.cpp's name for it, and tokenizer.json's words. */
export interface PreTokenizer {
  preTokenizer: Record<string, unknown>;
  normalizer: Record<string, unknown> | null;
  ignoreMerges: boolean;
  /** Whether llama.cpp puts bos in front when the file does not say. */
  addBos: boolean;
}

const byteLevel = (use_regex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex,
});
const sequence = (...pretokenizers: Record<string, unknown>[]) => ({
  type: 'Sequence',
  pretokenizers,
});
const split = (Regex: string) => ({
  type: 'Split',
  pattern: { Regex },
  behavior: 'Isolated',
  invert: false,
});

/** GPT-2's cut, which tokenizer.json calls ByteLevel with its regex. */
const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";

/** The cut of Llama 3 and Qwen 2: they differ in how many digits stand together. */
const modern = (digits: string) =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

/** The cut of newer models: words begin with capitals, `suffix` stays with them. */
const cased = (suffix: string, digits: string) => {
  const [upper, lower] = ['Lu', 'Ll'].map(
    (kind) => `[\\p{${kind}}${kind === 'Lu' ? '\\p{Lt}' : ''}\\p{Lm}\\p{Lo}\\p{M}]`,
  );
  const start = '[^\\r\\n\\p{L}\\p{N}]?';
  return `${start}${upper}*${lower}+${suffix}|${start}${upper}+${lower}*${suffix}|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
};

const plain = (preTokenizer: Record<string, unknown>): PreTokenizer => ({
  preTokenizer,
  normalizer: null,
  ignoreMerges: false,
  addBos: false,
});

/** The pre-tokenizers that are known, under llama.cpp's first name for each. */
export const PRE_TOKENIZERS: Readonly<Record<string, PreTokenizer>> = {
  'gpt-2': plain(byteLevel(true)),
  smollm: plain(sequence({ type: 'Digits', individual_digits: true }, byteLevel(true))),
  'llama-bpe': {
    preTokenizer: sequence(split(modern('\\p{N}{1,3}')), byteLevel(false)),
    normalizer: null,
    ignoreMerges: true,
    addBos: true,
  },
  dbrx: plain(sequence(split(modern('\\p{N}{1,3}')), byteLevel(false))),
  tekken: {
    preTokenizer: sequence(split(cased('', '\\p{N}')), byteLevel(false)),
    normalizer: null,
    ignoreMerges: true,
    addBos: true,
  },
  'gpt-4o': plain(
    sequence(split(cased("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", '\\p{N}{1,3}')), byteLevel(false)),
  ),
  qwen2: {
    preTokenizer: sequence(split(modern('\\p{N}')), byteLevel(false)),
    normalizer: { type: 'NFC' },
    ignoreMerges: false,
    addBos: false,
  },
  default: plain(
    sequence(
      split('[\\p{P}\\$\\+<=>\\^~\\|]+'),
      split(GPT2),
      split('\\p{N}+'),
      split('[0-9][0-9][0-9]'),
      byteLevel(false),
    ),
  ),
};

/** llama.cpp's other names for the same cuts. */
const ALIASES: Readonly<Record<string, string>> = {
  llama3: 'llama-bpe',
  'llama-v3': 'llama-bpe',
  'phi-2': 'gpt-2',
  gpt2: 'gpt-2',
  mpt: 'gpt-2',
  olmo: 'gpt-2',
  jais: 'gpt-2',
  starcoder: 'smollm',
  refact: 'smollm',
  'command-r': 'smollm',
  codeshell: 'smollm',
  'deepseek-r1-qwen': 'qwen2',
  kormo: 'qwen2',
  // SmolLM3.
  'smaug-bpe': 'dbrx',
};

export function preTokenizerOf(name: string): PreTokenizer | undefined {
  const key = Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name;
  return Object.hasOwn(PRE_TOKENIZERS, key) ? PRE_TOKENIZERS[key] : undefined;
}
