import { AttuneError } from '@attune/gpu';
import { readChatTemplates } from './named-templates.ts';
import { namesOf, withNamedTokens } from './named-tokens.ts';
import type { TokenizerFiles } from './tokenizer.ts';
import type { Json, TokenizerFile } from './tokenizer-file.ts';
import { parseObject, readTokenizerFile } from './tokenizer-file.ts';

/** The JSON files of a model in which its special tokens are named. */
export interface TokenTexts {
  /** config.json. */
  config: Json;
  /** generation_config.json. */
  generationConfig?: Json | undefined;
  tokenizer: TokenizerFiles;
}

/** TRL's keys about special tokens and templates; null is as if left out. */
export interface TokenKeys {
  /** `eos_token`: ends a text and a turn. Default: the tokenizer's. */
  eosToken?: string | null | undefined;
  /** `pad_token`. Default: the tokenizer's, else its end-of-text token. */
  padToken?: string | null | undefined;
  /** `chat_template_path`: the text of that template file, or the tokenizer files of that model. */
  chatTemplate?: string | TokenizerFiles | null | undefined;
}

/** Ids that config.json's class has where the file names none; eos may be several. */
export interface DeclaredIds {
  bos_token_id?: number | null;
  eos_token_id?: number | number[] | null;
  pad_token_id?: number | null;
}

/** The files after alignment, and what to say of it. */
export interface AlignedTokens extends TokenTexts {
  generationConfig: Json;
  tokenizer: TokenizerFiles & { tokenizerConfig: Json };
  notes: string[];
}

/**
 * Makes config.json, generation_config.json and the tokenizer name the same special tokens, as TRL's
 * trainers leave them: first `eos_token`, then `chat_template_path`, then `pad_token`; then the
 * configs follow the tokenizer (transformers' `align_special_tokens`). Generation keeps the ends it
 * had and gets the tokenizer's in front, so that what was taught to stop stops. Nothing is changed
 * in place.
 *
 * TRL also resizes the embedding to a multiple of 64 where a template is cloned; here it stays, and
 * a template whose tokens the vocabulary lacks is refused.
 *
 * @throws AttuneError `special-token-unknown`, `chat-template-missing`, `chat-template-tokens-missing`
 * @see https://huggingface.co/docs/trl/sft_trainer
 */
export function alignTokens(
  texts: TokenTexts,
  keys: TokenKeys = {},
  declared: DeclaredIds = {},
): AlignedTokens {
  const config: Json = { ...texts.config };
  const tokenizerConfig = {
    ...parseObject(texts.tokenizer.tokenizerConfig, 'tokenizer_config.json'),
  };
  const tokenizer = { ...texts.tokenizer, tokenizerConfig };
  const generation: Json = { ...(texts.generationConfig ?? fromModelConfig(config, declared)) };
  const base = readTokenizerFile(tokenizer.tokenizerJson);
  const file = () => withNamedTokens(base, tokenizerConfig);
  const before = endsOf(generation);

  if (keys.eosToken != null) {
    const id = needId(file(), keys.eosToken, 'eos_token');
    tokenizerConfig.eos_token = keys.eosToken;
    config.eos_token_id = id;
    if (!before.includes(id)) generation.eos_token_id = [id, ...before];
  }
  if (typeof keys.chatTemplate === 'string') setTemplate(tokenizer, keys.chatTemplate);
  else if (keys.chatTemplate != null) {
    const { template, eosToken } = cloneable(keys.chatTemplate, file());
    setTemplate(tokenizer, template);
    if (eosToken !== undefined) {
      tokenizerConfig.eos_token = eosToken;
      config.eos_token_id = needId(file(), eosToken, 'eos_token');
      generation.eos_token_id = config.eos_token_id;
    }
  }
  const names = namesOf(tokenizerConfig);
  const pad = keys.padToken ?? names.pad_token ?? names.eos_token;
  if (pad !== undefined) {
    config.pad_token_id = needId(file(), pad, 'pad_token');
    generation.pad_token_id = config.pad_token_id;
    if (pad !== names.pad_token) tokenizerConfig.pad_token = pad;
  }
  const { vocab } = file();
  const current = namesOf(tokenizerConfig);
  for (const name of ['eos', 'bos', 'pad'] as const) {
    const text = current[`${name}_token`];
    if (text !== undefined)
      follow(`${name}_token_id`, vocab.get(text)!, config, generation, declared);
  }
  const notes = noteOf(current.eos_token, before, endsOf(generation));
  return { config, generationConfig: generation, tokenizer, notes };
}

/** What transformers makes of a config where there is no generation_config.json. */
function fromModelConfig(config: Json, declared: DeclaredIds): Json {
  const made: Json = { _from_model_config: true };
  for (const name of ['bos_token_id', 'eos_token_id', 'pad_token_id'] as const) {
    const value = name in config ? config[name] : declared[name];
    if (value !== undefined && value !== null) made[name] = value;
  }
  return made;
}

function endsOf({ eos_token_id: ends }: Json): number[] {
  return [ends].flat().filter((id): id is number => typeof id === 'number');
}

/** transformers' `_align_special_token`: ends are only ever added, other ids replaced. */
function follow(
  name: keyof DeclaredIds,
  id: number,
  config: Json,
  generation: Json,
  declared: DeclaredIds,
): void {
  const several = name === 'eos_token_id';
  const inConfig = name in config ? config[name] : declared[name];
  if ([inConfig].flat().includes(id) && [generation[name]].flat().includes(id)) return;
  const others = (list: unknown) =>
    [list].flat().filter((other) => typeof other === 'number' && other !== id);
  config[name] = several && Array.isArray(inConfig) ? [id, ...others(inConfig)] : id;
  generation[name] = several ? [id, ...others(generation[name])] : id;
}

function needId({ vocab }: TokenizerFile, text: string, key: string): number {
  const id = vocab.get(text);
  if (id !== undefined) return id;
  throw new AttuneError(
    'special-token-unknown',
    `${key} is ${JSON.stringify(text)}, which is not among the ${vocab.size} tokens of the vocabulary.`,
    'Name a token that the tokenizer has, for instance the one that ends a turn in its chat template.',
  );
}

function setTemplate(tokenizer: TokenizerFiles, template: string): void {
  tokenizer.chatTemplate = template;
  tokenizer.namedTemplates = undefined;
}

function cloneable(
  source: TokenizerFiles,
  target: TokenizerFile,
): { template: string; eosToken: string | undefined } {
  const config = parseObject(source.tokenizerConfig, 'tokenizer_config.json');
  const template = readChatTemplates(source.chatTemplate, source.namedTemplates, config)?.default;
  if (template === undefined) {
    throw new AttuneError(
      'chat-template-missing',
      'chat_template_path names a model without a chat template.',
      'Name a model tuned for chat, or a file that ends in .jinja.',
    );
  }
  const { addedTokens } = withNamedTokens(readTokenizerFile(source.tokenizerJson), config);
  const missing = addedTokens
    .map(({ content }) => content)
    .filter((text) => !target.vocab.has(text));
  if (missing.length > 0) {
    throw new AttuneError(
      'chat-template-tokens-missing',
      `The tokenizer of chat_template_path has ${missing.length} tokens that this model's lacks: ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', …' : ''}.`,
      'TRL would add rows to the embedding for them, which is not done here: take the template alone (a .jinja file), written with tokens that the model has, and name its end of a turn as eos_token.',
    );
  }
  return { template, eosToken: namesOf(config).eos_token };
}

function noteOf(eosToken: string | undefined, before: number[], after: number[]): string[] {
  if (eosToken === undefined || before.join() === after.join()) return [];
  return [
    `Generation ends at ${eosToken} (${after.join(', ')}) from now on; generation_config.json said ${before.join(', ') || 'nothing'}.`,
  ];
}
