import { readFileSync } from 'node:fs';
import { AttuneError } from '@attune/gpu';
import { describe, expect, it } from 'vitest';
import { ChatTemplate } from './chat-template.ts';

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

  it('keeps its marks out of conversations that hold the same characters', () => {
    const odd = [user('\uFDD0 a \uFDD1'), assistant('\uFDD2')];
    expect(generatedTexts(fixture, odd)).toEqual(['\uFDD2<|im_end|>']);
    const all = Array.from({ length: 32 }, (_, i) => String.fromCharCode(0xfdd0 + i)).join('');
    expect(failure(() => render(fixture, [user(all)])).code).toBe('chat-template-refused');
  });

  it('passes tools, special tokens and further variables', () => {
    const source = '{{ bos_token }}{{ tools | tojson }}{{ enable_thinking }}';
    expect(
      render(source, talk, { tools: [{ é: 1 }], kwargs: { enable_thinking: false } }).text,
    ).toBe('<s>[{"é": 1}]false'.replace('false', render('{{ false }}').text));
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
    expect(failure(() => render('{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}')).code).toBe(
      'chat-template-invalid',
    );
  });

  it.each([
    '{% for i in range(3000) %}{% for j in range(3000) %}{% endfor %}{% endfor %}',
    '{% for i in range(3000) %}{% for j in range(3000) %}{{ i * j }}{% endfor %}{% endfor %}',
    '{{ range(1000000000) }}',
    '{{ range(0, 10, 0) }}',
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    '{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}',
  ])('stops a template that runs away: %s', (source) => {
    const started = performance.now();
    expect(failure(() => render(source)).code).toBe('chat-template-runaway');
    expect(performance.now() - started).toBeLessThan(10_000);
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
