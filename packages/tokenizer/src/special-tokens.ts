import type { Json, TokenizerFile } from './tokenizer-file.ts';
import { invalid } from './tokenizer-file.ts';

/** What stands around a text that is encoded with special tokens, and which tokens have a role. */
export interface SpecialTokens {
  prefix: number[];
  suffix: number[];
  /** Text of bos_token, eos_token, pad_token, unk_token and so on, as chat templates see them. */
  names: Record<string, string>;
  bosTokenId: number | undefined;
  eosTokenId: number | undefined;
  padTokenId: number | undefined;
  /** Every id that ends a completion. */
  eosTokenIds: number[];
}

const roles = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
];

/**
 * Reads the special tokens from tokenizer_config.json and generation_config.json by transformers'
 * rules: an explicit `add_bos_token` or `add_eos_token` replaces the file's post-processor.
 */
export function readSpecialTokens(
  file: TokenizerFile,
  config: Json,
  generationConfig: Json,
): SpecialTokens {
  const names: Record<string, string> = {};
  for (const role of roles) {
    const text = tokenText(config[role]);
    if (text !== undefined) names[role] = text;
  }
  const idOf = (role: string): number | undefined => {
    const text = names[role];
    return text === undefined ? undefined : file.vocab.get(text);
  };
  const generationEos = ids(generationConfig.eos_token_id);
  const eosTokenId = idOf('eos_token') ?? generationEos[0];
  const around = surroundings(file, config, idOf('bos_token'), eosTokenId);
  return {
    ...around,
    names,
    bosTokenId: idOf('bos_token') ?? ids(generationConfig.bos_token_id)[0],
    eosTokenId,
    padTokenId: idOf('pad_token') ?? ids(generationConfig.pad_token_id)[0] ?? eosTokenId,
    eosTokenIds: [
      ...new Set([...generationEos, ...(eosTokenId === undefined ? [] : [eosTokenId])]),
    ],
  };
}

function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const content = (value as Json | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}

function ids(value: unknown): number[] {
  return [value].flat().filter((id): id is number => Number.isInteger(id) && (id as number) >= 0);
}

function surroundings(
  file: TokenizerFile,
  config: Json,
  bos: number | undefined,
  eos: number | undefined,
): { prefix: number[]; suffix: number[] } {
  const explicit = 'add_bos_token' in config || 'add_eos_token' in config;
  if (explicit || !file.postProcessor) {
    return {
      prefix: config.add_bos_token === true && bos !== undefined ? [bos] : [],
      suffix: config.add_eos_token === true && eos !== undefined ? [eos] : [],
    };
  }
  const prefix: number[] = [];
  const suffix: number[] = [];
  for (const step of flatten(file.postProcessor)) addAround(file, step, prefix, suffix);
  return { prefix, suffix };
}

function flatten(step: Json): Json[] {
  return step.type === 'Sequence' ? ((step.processors as Json[]) ?? []).flatMap(flatten) : [step];
}

function addAround(file: TokenizerFile, step: Json, prefix: number[], suffix: number[]): void {
  const idOf = (content: unknown): number => {
    const id = file.vocab.get(String(content));
    if (id === undefined) throw invalid(`The post-processor names "${String(content)}", no token.`);
    return id;
  };
  switch (step.type) {
    case 'ByteLevel':
      return;
    case 'BertProcessing':
    case 'RobertaProcessing':
      prefix.unshift(idOf((step.cls as unknown[])[0]));
      suffix.push(idOf((step.sep as unknown[])[0]));
      return;
    case 'TemplateProcessing': {
      const before: number[] = [];
      let seen = false;
      for (const item of step.single as Json[]) {
        if ('Sequence' in item) seen = true;
        else (seen ? suffix : before).push(idOf((item.SpecialToken as Json).id));
      }
      prefix.unshift(...before);
      return;
    }
    default:
      throw invalid(`The post-processor's type is ${JSON.stringify(step.type)}.`);
  }
}
