import { namesOf } from './named-tokens.ts';
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

/**
 * Reads which tokens have a role from tokenizer_config.json and generation_config.json. What stands
 * around a text comes from the file's post-processor alone: where there is a tokenizer.json,
 * transformers 5 looks at neither `add_bos_token` nor `add_eos_token`.
 */
export function readSpecialTokens(
  file: TokenizerFile,
  config: Json,
  generationConfig: Json,
): SpecialTokens {
  const names = namesOf(config);
  const idOf = (role: string): number | undefined => {
    const text = names[role];
    return text === undefined ? undefined : file.vocab.get(text);
  };
  const generationEos = ids(generationConfig.eos_token_id);
  const eosTokenId = idOf('eos_token') ?? generationEos[0];
  return {
    ...surroundings(file),
    names,
    bosTokenId: idOf('bos_token') ?? ids(generationConfig.bos_token_id)[0],
    eosTokenId,
    padTokenId: idOf('pad_token') ?? ids(generationConfig.pad_token_id)[0] ?? eosTokenId,
    eosTokenIds: [
      ...new Set([...generationEos, ...(eosTokenId === undefined ? [] : [eosTokenId])]),
    ],
  };
}

function ids(value: unknown): number[] {
  return [value].flat().filter((id): id is number => Number.isInteger(id) && (id as number) >= 0);
}

function surroundings(file: TokenizerFile): { prefix: number[]; suffix: number[] } {
  const prefix: number[] = [];
  const suffix: number[] = [];
  const steps = file.postProcessor ? flatten(file.postProcessor) : [];
  for (const step of steps) addAround(file, step, prefix, suffix);
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
