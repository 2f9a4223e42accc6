import { readFileSync } from 'node:fs';
import { AttuneError } from '@attune/gpu';
import { describe, expect, it } from 'vitest';
import type { ChatMessage } from './chat-template.ts';
import { ChatTemplate } from './chat-template.ts';
import { parseExactJson } from './exact-json.ts';

const fixture = readFileSync(new URL('../fixtures/chat_template.jinja', import.meta.url), 'utf8');
const names = { eos_token: '<|im_end|>', bos_token: '<s>' };
const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });
const talk = [user('Hi'), assistant('Hello.'), user('Bye'), assistant('See you.')];

const render = (
  source: string,
  messages: { role: string; content?: unknown }[] = talk,
  options = {},
) => new ChatTemplate(source, names).render(messages, options);

function failure(run: () => unknown): AttuneError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(AttuneError);
    return error as AttuneError;
  }
  throw new Error('nothing was thrown');
}

function generatedTexts(source: string, messages = talk): string[] {
  const { text, generated } = new ChatTemplate(source, names).forTraining().render(messages);
  expect(text).toBe(render(source, messages).text);
  return generated.map(({ start, end }) => text.slice(start, end));
}

describe('a chat template', () => {
  it('renders turns, the cue for the assistant, and where the assistant wrote', () => {
    const { text, generated } = render(fixture, [user('Hi'), assistant('Hello.')], {
      addGenerationPrompt: true,
    });
    expect(text).toBe(
      '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>assistant\n',
    );
    expect(generated.map(({ start, end }) => text.slice(start, end))).toEqual(['Hello.<|im_end|>']);
  });

  it('trims white space around generation tags as Jinja does around any tag', () => {
    const source =
      "\n  {% for m in messages %}\n  [{{ m.role }}]\n  {%- if m.role == 'assistant' %}\n    {%- generation -%}\n    {{ ' ' + m.content }}\n    {%- endgeneration %}\n  {%- endif %}\n{% endfor %}";
    expect(render(source, [user('a'), assistant('b')]).text).toBe('\n  [user]  [assistant] b');
    expect(generatedTexts(source, [user('a'), assistant('b')])).toEqual([' b']);
  });

  it('marks what the assistant wrote in any text', () => {
    const odd = [user('\uFDD0 a \uFDD1'), assistant('\uFDD2🦊')];
    expect(generatedTexts(fixture, odd)).toEqual(['\uFDD2🦊<|im_end|>']);
  });

  it('passes tools, special tokens and further variables', () => {
    const source = '{{ bos_token }}{{ tools | tojson }}{{ enable_thinking }}';
    expect(
      render(source, talk, { tools: [{ é: 1 }], kwargs: { enable_thinking: false } }).text,
    ).toBe('<s>[{"é": 1}]False');
  });

  it('strips the characters that a template names, as Python does', () => {
    expect(
      render("{{ '\\n\\n a\\n'.lstrip('\\n') }}|{{ 'xay'.strip('xy') }}|{{ ' a '.strip() }}").text,
    ).toBe(' a\n|a|a');
  });

  it("hands on the template's own refusal", () => {
    const error = failure(() => render("{{ raise_exception('Roles must alternate.') }}"));
    expect(error.code).toBe('chat-template-refused');
    expect(error.message).toContain('Roles must alternate.');
  });

  it('says what is wrong with a template that cannot be read or run', () => {
    expect(failure(() => render('{% if %}')).code).toBe('chat-template-invalid');
    expect(failure(() => render(`{{ ${'('.repeat(20_000)}1 }}`)).code).toBe(
      'chat-template-invalid',
    );
    expect(failure(() => render('{{ nothing.here() }}')).code).toBe('chat-template-invalid');
    expect(failure(() => render('{{ range(0, 10, 0) }}')).code).toBe('chat-template-invalid');
    expect(failure(() => render('{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}')).code).toBe(
      'chat-template-invalid',
    );
  });

  it.each([
    '{% for i in range(3000) %}{% for j in range(3000) %}{% endfor %}{% endfor %}',
    '{% for i in range(3000) %}{% for j in range(3000) %}{{ i * j }}{% endfor %}{% endfor %}',
    '{{ range(1000000000) }}',
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    '{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}',
  ])('stops a template that runs away: %s', (source) => {
    const started = performance.now();
    expect(failure(() => render(source)).code).toBe('chat-template-runaway');
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('a conversation, as transformers 5 hands it to the template', () => {
  const fields = '{% for m in messages %}{{ m }}{% endfor %}';

  it('loses the fields of its messages that are null', () => {
    const source =
      "{% for m in messages %}{{ 'calls' if 'tool_calls' in m }}{{ m.content }}{% endfor %}";
    const messages = [
      { role: 'user', content: 'Hi', tool_calls: null, name: undefined },
      { role: 'assistant', content: null },
    ];
    expect(render(source, messages).text).toBe('Hi');
    // Deeper ones stay.
    const call = { role: 'assistant', tool_calls: [{ id: null }] };
    expect(render('{{ messages[0].tool_calls }}', [call]).text).toBe("[{'id': None}]");
  });

  it.each([
    [
      { reasoning_content: 'a' },
      "{'thinking': 'a', 'role': 'assistant', 'reasoning_content': 'a'}",
    ],
    [{ thinking: 'a' }, "{'thinking': 'a', 'role': 'assistant', 'reasoning_content': 'a'}"],
    [
      { reasoning: 'a' },
      "{'thinking': 'a', 'role': 'assistant', 'reasoning': 'a', 'reasoning_content': 'a'}",
    ],
    [
      { reasoning: 'c', thinking: 'b', reasoning_content: null },
      "{'thinking': 'b', 'role': 'assistant', 'reasoning': 'c', 'reasoning_content': 'b'}",
    ],
    [
      { reasoning_content: '', thinking: 'b' },
      "{'thinking': 'b', 'role': 'assistant', 'reasoning_content': ''}",
    ],
  ])('has its reasoning under the names that templates read: %o', (reasoning, text) => {
    expect(render(fields, [{ role: 'assistant', ...reasoning }]).text).toBe(text);
  });

  it('keeps numbers and the order of keys as they stood in the file', () => {
    const written =
      '{"id": 2512292042121000001, "price": 1.0, "large": 1e20, "tiny": 1e-7, "n": 3, "10": 0, "2": -0.0}';
    const row = parseExactJson(
      `{"messages": [{"role": "assistant", "content": "", "tool_calls": [${written}]}]}`,
    );
    const { messages } = row as { messages: ChatMessage[] };
    expect(render('{{ messages[0].tool_calls[0] | tojson }}', messages).text).toBe(
      '{"id": 2512292042121000001, "price": 1.0, "large": 1e+20, "tiny": 1e-07, "n": 3, "10": 0, "2": -0.0}',
    );
  });

  it('takes from code a bigint as an int, a Number object as a float, and refuses a number without its digits', () => {
    const message = (value: unknown) => [{ role: 'user', content: value }];
    const text = (value: unknown) => render('{{ messages[0].content }}', message(value)).text;
    expect(text(2n ** 60n)).toBe('1152921504606846976');
    expect(text(new Number(1))).toBe('1.0');
    expect(text(-0)).toBe('0');
    expect(text(0.5)).toBe('0.5');
    expect(text([new Uint8Array(2), new Date()])).toBe("['<bytes>', '<datetime>']");
    expect(failure(() => text(2 ** 60)).code).toBe('chat-number-inexact');
    const circle: unknown[] = [];
    circle.push(circle);
    expect(failure(() => text(circle)).code).toBe('chat-template-refused');
  });

  it('is refused without messages, with one that is none, with tools or variables that are none', () => {
    const refused = (messages: unknown[], options = {}) =>
      failure(() => render('x', messages as ChatMessage[], options)).code;
    expect(refused([])).toBe('chat-template-refused');
    expect(refused(['Hi'])).toBe('chat-template-refused');
    expect(refused(talk, { tools: ['weather'] })).toBe('chat-template-refused');
    expect(refused(talk, { kwargs: { documents: 'none' } })).toBe('chat-template-refused');
    expect(refused(talk, { kwargs: { continue_final_message: true } })).toBe(
      'chat-template-refused',
    );
  });

  it('names what a template does not read: parts for text, objects for JSON', () => {
    const adds = "{{ 'x' + messages[0].content }}";
    const parts = failure(() =>
      render(adds, [{ role: 'user', content: [{ type: 'text', text: 'a' }] }]),
    );
    expect(parts.message).toContain('can only concatenate str (not "list") to str');
    expect(parts.remedy).toContain('as text');
    const calls = "{{ 'x' + messages[0].tool_calls[0].function.arguments }}";
    const call = { role: 'assistant', tool_calls: [{ function: { arguments: { a: 1 } } }] };
    expect(failure(() => render(calls, [call])).remedy).toContain('as JSON text');
  });

  it('renders a template saved on Windows as the same with plain line ends', () => {
    const unix =
      "{% for m in messages %}\n{{ m.role + '\n' }}\n  {%- if true %}\n x\n  {% endif %}\n{% endfor %}\n";
    expect(render(unix.replaceAll('\n', '\r\n')).text).toBe(render(unix).text);
  });
});

describe('a template without generation blocks', () => {
  const smollm2 =
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou help<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
  const dotted =
    "{%- for message in messages %}\n    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}\n{%- endfor %}";
  const llama3 =
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}";
  const gemma =
    "{% for message in messages %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}";

  it.each([
    ['SmolLM2', smollm2, ['Hello.<|im_end|>', 'See you.<|im_end|>']],
    ['ChatML with dots', dotted, ['Hello.<|im_end|>', 'See you.<|im_end|>']],
    ['Llama 3', llama3, ['Hello.<|eot_id|>', 'See you.<|eot_id|>']],
    ['Gemma', gemma, ['Hello.<end_of_turn>\n', 'See you.<end_of_turn>\n']],
  ])('is marked by its known text: %s', (_, source, written) => {
    expect(generatedTexts(source)).toEqual(written);
  });

  it('is refused for assistant_only_loss where it is not known', () => {
    const unknown = new ChatTemplate('{% for m in messages %}{{ m.content }}{% endfor %}', names);
    expect(failure(() => unknown.forTraining()).code).toBe('chat-template-unmarked');
    const twice = new ChatTemplate(dotted + dotted, names);
    expect(failure(() => twice.forTraining()).code).toBe('chat-template-unmarked');
  });
});
