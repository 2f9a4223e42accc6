import { AttuneError } from '@attune/gpu';
import { toPython } from './chat-values.ts';
import { TemplateFault, TemplateRefusal } from './jinja/fault.ts';
import type { Rendered } from './jinja/template.ts';
import { Template } from './jinja/template.ts';
import type { Value } from './jinja/values.ts';
import { Dict } from './jinja/values.ts';
import { markGeneration } from './training-template.ts';

/** One turn. Templates may read more fields: `tool_calls`, `name`, `reasoning_content`. */
export interface ChatMessage {
  role: string;
  content?: unknown;
  [field: string]: unknown;
}

export interface ChatOptions {
  /** End with the cue for the assistant to speak. Default false. */
  addGenerationPrompt?: boolean;
  /** JSON schemas of the tools on offer. */
  tools?: readonly unknown[] | undefined;
  /** Further variables of the template, such as `enable_thinking`. */
  kwargs?: Record<string, unknown> | undefined;
}

/** A rendered conversation. `generated` are the stretches of the generation blocks, in UTF-16 units. */
export interface RenderedChat {
  text: string;
  generated: { start: number; end: number }[];
}

const generationTag = /\{%[-+]?\s*generation\s*[-+]?%\}/;

/** A model's chat template, compiled. */
export class ChatTemplate {
  readonly #source: string;
  readonly #names: Record<string, string>;
  readonly #template: Template;
  #training: ChatTemplate | undefined;

  /**
   * @param names special tokens by role, which templates may use
   * @throws AttuneError `chat-template-invalid`
   */
  constructor(source: string, names: Record<string, string>) {
    this.#source = source;
    this.#names = names;
    try {
      this.#template = new Template(source);
    } catch (cause) {
      throw new AttuneError(
        'chat-template-invalid',
        `The chat template cannot be read: ${(cause as Error).message}.`,
        'Take the chat_template.jinja, or the tokenizer_config.json, that came with the model.',
        { cause },
      );
    }
  }

  get marksGeneration(): boolean {
    return generationTag.test(this.#source);
  }

  /**
   * This template if it marks what the assistant writes, else the same with marks added where its
   * text is a known one.
   *
   * @throws AttuneError `chat-template-unmarked`
   */
  forTraining(): ChatTemplate {
    if (this.marksGeneration) return this;
    if (!this.#training) {
      const marked = markGeneration(this.#source);
      if (marked === undefined) {
        throw new AttuneError(
          'chat-template-unmarked',
          'assistant_only_loss needs to know what the assistant wrote, but the chat template has no {% generation %} block.',
          "Put {% generation %} and {% endgeneration %} around the assistant's content and end of turn in chat_template.jinja, or use prompt-completion data.",
        );
      }
      this.#training = new ChatTemplate(marked, this.#names);
    }
    return this.#training;
  }

  /**
   * The conversation as transformers 5 renders it: fields that are null are left out, and reasoning
   * is found under each of its names.
   *
   * @throws AttuneError `chat-template-refused`, `chat-template-invalid`, `chat-template-runaway`,
   * `chat-number-inexact`
   */
  render(messages: readonly ChatMessage[], options: ChatOptions = {}): RenderedChat {
    const { text, generated } = this.#render(messages, options);
    return { text, generated };
  }

  /** @throws AttuneError also `chat-template-unmarked` where a block cannot say what it wrote */
  renderMarked(messages: readonly ChatMessage[], options: ChatOptions = {}): RenderedChat {
    const { text, generated, misplaced } = this.#render(messages, options);
    if (!misplaced) return { text, generated };
    throw new AttuneError(
      'chat-template-unmarked',
      'A {% generation %} block of the chat template stands inside a macro or a set block, where its place in the text is not known.',
      'Move the block to where the text is written: transformers would mark the wrong tokens.',
    );
  }

  #render(messages: readonly ChatMessage[], options: ChatOptions): Rendered {
    const variables = { ...this.#names, ...chatVariables(messages, options) };
    try {
      return this.#template.render(variables, lengthOf(messages));
    } catch (cause) {
      if (cause instanceof AttuneError) throw cause;
      if (cause instanceof TemplateRefusal) throw refused(cause.message, { cause });
      const what = cause instanceof TemplateFault ? ` (${cause.kind})` : '';
      throw new AttuneError(
        'chat-template-invalid',
        `The chat template fails on a conversation: ${(cause as Error).message}${what}.`,
        remedyFor(messages),
        { cause },
      );
    }
  }
}

/** Names that `apply_chat_template` takes for itself: given as variables they would change nothing. */
const reserved = ['continue_final_message', 'conversation', 'messages', 'tokenize', 'return_dict'];

function chatVariables(
  messages: readonly ChatMessage[],
  { addGenerationPrompt, tools, kwargs = {} }: ChatOptions,
): Record<string, Value> {
  const wrong = reserved.find((name) => Object.hasOwn(kwargs, name) && kwargs[name]);
  if (wrong) {
    throw refused(
      `chat_template_kwargs sets ${wrong}, which is no variable of a template`,
      undefined,
      'Leave it out: it holds variables such as enable_thinking.',
    );
  }
  if (messages.length === 0) throw refused('it has no messages');
  const variables: Record<string, Value> = {
    documents: null,
    tools: null,
    add_generation_prompt: false,
  };
  const given = toPython(kwargs) as Dict;
  for (const [name, value] of given.entries()) variables[name as string] = value;
  if (addGenerationPrompt !== undefined) variables.add_generation_prompt = addGenerationPrompt;
  if (tools !== undefined) variables.tools = toPython(tools);
  for (const name of ['tools', 'documents'] as const) {
    const list = variables[name]!;
    if (list === null) continue;
    if (!Array.isArray(list) || list.some((entry) => !(entry instanceof Dict))) {
      throw refused(`its ${name} are not a list of objects`);
    }
  }
  variables.messages = messages.map(toMessage);
  return variables;
}

const reasoningFields = ['reasoning_content', 'thinking', 'reasoning'];

/** A message without fields that are null, its reasoning under the names that templates read. */
function toMessage(message: ChatMessage): Dict {
  const given = toPython(message);
  if (!(given instanceof Dict)) throw refused('a message is not an object');
  const kept = new Dict(Array.from(given.entries()).filter(([, value]) => value !== null));
  const reasoning = reasoningFields
    .map((name) => kept.get(name))
    .find((value) => value !== undefined);
  if (reasoning === undefined) return kept;
  const aliased = new Dict([['thinking', reasoning], ...kept.entries()]);
  aliased.set('reasoning_content', reasoning);
  return aliased;
}

function refused(
  why: string,
  options?: ErrorOptions,
  remedy = 'Change the row: its roles, their order, or the fields of its messages.',
): AttuneError {
  return new AttuneError(
    'chat-template-refused',
    `The chat template refuses the conversation: ${why}`,
    remedy,
    options,
  );
}

/** What most often is wrong with a row of this form. */
function remedyFor(messages: readonly ChatMessage[]): string {
  const all = messages.filter((message) => typeof message === 'object' && message !== null);
  if (all.some(({ content }) => Array.isArray(content))) {
    return 'Give the content of each message as text: this template does not read lists of parts.';
  }
  if (all.some(hasObjectArguments)) {
    return 'Give the arguments of the tool calls as JSON text: this template does not read objects.';
  }
  return 'Check the fields of the messages (role, content, tool_calls), or take the template that came with the model.';
}

function hasObjectArguments({ tool_calls: calls }: ChatMessage): boolean {
  return (
    Array.isArray(calls) &&
    calls.some((call) => typeof (call?.function?.arguments ?? call?.arguments) === 'object')
  );
}

function lengthOf(messages: readonly ChatMessage[]): number {
  try {
    return JSON.stringify(messages, (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    ).length;
  } catch {
    // A circle, which is refused when it is met.
    return 0;
  }
}
