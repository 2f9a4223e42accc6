import { AttuneError } from '@attune/gpu';
import { BoundedInterpreter, makeEnvironment, TemplateRefusal } from './bounded-interpreter.ts';
import type { JinjaNode } from './jinja.ts';
import { parse, tokenize } from './jinja.ts';
import type { Json } from './tokenizer-file.ts';
import { closeMark, markGeneration, openMark } from './training-template.ts';

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

/** A rendered conversation. `generated` are the stretches of the generation blocks, in characters. */
export interface RenderedChat {
  text: string;
  generated: { start: number; end: number }[];
}

/** chat_template.jinja if there is one, else `chat_template` of tokenizer_config.json. */
export function readChatTemplate(file: string | undefined, config: Json): string | undefined {
  if (file !== undefined && file !== '') return file;
  const value = config.chat_template;
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  const named = value as { name?: string; template?: string }[];
  return named.find((entry) => entry.name === 'default')?.template ?? named[0]?.template;
}

const generationTag = /\{%([-+]?)\s*(end)?generation\s*([-+]?)%\}/g;

// The marks around generated text are two of Unicode's noncharacters that the conversation lacks.
const firstMark = 0xfdd0;
const lastMark = 0xfdef;

/** A model's chat template, compiled. */
export class ChatTemplate {
  readonly #source: string;
  readonly #names: Record<string, string>;
  readonly #programs = new Map<number, JinjaNode>();
  #training: ChatTemplate | undefined;

  /**
   * @param names special tokens by role, which templates may use
   * @throws AttuneError `chat-template-invalid`
   */
  constructor(source: string, names: Record<string, string>) {
    this.#source = source;
    this.#names = names;
    this.#program(firstMark);
  }

  get marksGeneration(): boolean {
    return this.#source.search(generationTag) >= 0 || this.#source.includes(openMark);
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

  render(messages: readonly ChatMessage[], options: ChatOptions = {}): RenderedChat {
    const { addGenerationPrompt = false, tools, kwargs } = options;
    const variables = {
      ...this.#names,
      documents: null,
      ...kwargs,
      messages,
      tools: tools ?? null,
      add_generation_prompt: addGenerationPrompt,
    };
    const input = JSON.stringify(variables);
    let mark = firstMark;
    while (
      input.includes(String.fromCharCode(mark)) ||
      input.includes(String.fromCharCode(mark + 1))
    ) {
      mark += 2;
      if (mark > lastMark) {
        throw new AttuneError(
          'chat-template-refused',
          'The conversation holds all the Unicode noncharacters from U+FDD0 to U+FDEF.',
          'Remove them from the row: they mean nothing in text.',
        );
      }
    }
    const marks = {
      [openMark]: String.fromCharCode(mark),
      [closeMark]: String.fromCharCode(mark + 1),
    };
    const text = this.#run(this.#program(mark), { ...variables, ...marks }, input.length);
    return separate(text, mark);
  }

  #run(program: JinjaNode, variables: Record<string, unknown>, length: number): string {
    try {
      const interpreter = new BoundedInterpreter(makeEnvironment(variables), length);
      return String(interpreter.run(program).value);
    } catch (cause) {
      if (cause instanceof AttuneError) throw cause;
      if (cause instanceof TemplateRefusal) {
        throw new AttuneError(
          'chat-template-refused',
          `The chat template refuses the conversation: ${cause.message}`,
          'Change the row: its roles, their order, or the fields of its messages.',
          { cause },
        );
      }
      throw new AttuneError(
        'chat-template-invalid',
        `The chat template fails on a conversation: ${(cause as Error).message}.`,
        'Check the fields of the messages (role, content), or take the template that came with the model.',
        { cause },
      );
    }
  }

  #program(mark: number): JinjaNode {
    let program = this.#programs.get(mark);
    if (!program) {
      try {
        program = parse(tokenize(withMarks(this.#source, mark)));
      } catch (cause) {
        throw new AttuneError(
          'chat-template-invalid',
          `The chat template cannot be read: ${(cause as Error).message}.`,
          'Take the chat_template.jinja, or the tokenizer_config.json, that came with the model.',
          { cause },
        );
      }
      this.#programs.set(mark, program);
    }
    return program;
  }
}

/**
 * Generation blocks become calls of a macro that puts marks around their output: the library would
 * drop the tags. White space around tags is trimmed before that, as `trim_blocks` and
 * `lstrip_blocks` do, since the macro in front moves the first line.
 */
function withMarks(source: string, mark: number): string {
  const trimmed = source.replace(/^[ \t]*(\{[#%-])/gm, '$1').replace(/([#%-]\})\n/g, '$1');
  if (trimmed.search(generationTag) < 0) return trimmed;
  const name = `generation_${mark}`;
  const calls = trimmed.replace(generationTag, (_, before, end, after) =>
    end ? `{%${before} endcall ${after}%}` : `{%${before} call ${name}() ${after}%}`,
  );
  const [open, close] = [String.fromCharCode(mark), String.fromCharCode(mark + 1)];
  return `{% macro ${name}() %}${open}{{ caller() }}${close}{% endmacro %}${calls}`;
}

function separate(marked: string, mark: number): RenderedChat {
  const generated: RenderedChat['generated'] = [];
  const starts: number[] = [];
  let text = '';
  let from = 0;
  for (let i = 0; i < marked.length; i++) {
    const code = marked.charCodeAt(i);
    if (code !== mark && code !== mark + 1) continue;
    text += marked.slice(from, i);
    from = i + 1;
    if (code === mark) starts.push(text.length);
    else generated.push({ start: starts.pop()!, end: text.length });
  }
  return { text: text + marked.slice(from), generated };
}
