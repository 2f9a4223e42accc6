import { AttuneError } from '@attune/gpu';
import { ChatTemplate } from './chat-template.ts';
import type { Json } from './tokenizer-file.ts';

/**
 * chat_template.jinja and those of additional_chat_templates if there are any, else `chat_template`
 * of tokenizer_config.json, which may be a list of named ones.
 */
export function readChatTemplates(
  file: string | undefined,
  named: Readonly<Record<string, string>> | undefined,
  config: Json,
): Record<string, string> | undefined {
  if (file) return { ...named, default: file };
  if (named) return { ...named };
  return templatesOf(config.chat_template);
}

function templatesOf(value: unknown): Record<string, string> | undefined {
  if (typeof value === 'string') return { default: value };
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Array.isArray(value)
    ? value.map((entry: Json | null): [unknown, unknown] => [entry?.name, entry?.template])
    : Object.entries(value);
  const texts = entries.filter(
    (entry): entry is [string, string] =>
      typeof entry[0] === 'string' && typeof entry[1] === 'string',
  );
  return texts.length ? Object.fromEntries(texts) : undefined;
}

/** The templates of a model, of which each conversation takes one. */
export class NamedTemplates {
  readonly #sources: Record<string, string>;
  readonly #special: Record<string, string>;
  readonly #compiled = new Map<string, ChatTemplate>();

  /**
   * @param special special tokens by role, which templates may use
   * @throws AttuneError `chat-template-invalid` where the default one cannot be read
   */
  constructor(sources: Record<string, string>, special: Record<string, string>) {
    this.#sources = sources;
    this.#special = special;
    if (Object.hasOwn(sources, 'default')) this.#named('default');
  }

  /**
   * By transformers' rule: `tool_use` where tools are given and there is one, else `default`.
   *
   * @throws AttuneError `chat-template-missing`, `chat-template-invalid`
   */
  for(tools: unknown): ChatTemplate {
    const has = (name: string) => Object.hasOwn(this.#sources, name);
    if (tools !== undefined && tools !== null && has('tool_use')) return this.#named('tool_use');
    if (has('default')) return this.#named('default');
    throw new AttuneError(
      'chat-template-missing',
      `The model has chat templates named ${Object.keys(this.#sources).join(', ')}, but none is the default.`,
      'Write the one to use into a chat_template.jinja beside its tokenizer.json.',
    );
  }

  #named(name: string): ChatTemplate {
    let template = this.#compiled.get(name);
    if (!template) {
      template = new ChatTemplate(this.#sources[name]!, this.#special);
      this.#compiled.set(name, template);
    }
    return template;
  }
}
