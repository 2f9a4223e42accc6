import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TemplateFault, TemplateRefusal } from './fault.ts';
import { Template } from './template.ts';
import { Dict, Float } from './values.ts';

// Small templates and what Jinja 3.1 in transformers' sandbox makes of them; null where it raises.
// Recorded by scripts/parity/templates.py --record.
const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/jinja.json', import.meta.url), 'utf8'),
) as [source: string, text: string | null][];

const message = (role: string, content: string) =>
  new Dict([
    ['role', role],
    ['content', content],
  ]);
const variables = {
  bos_token: '<s>',
  eos_token: '</s>',
  pad_token: '<pad>',
  unk_token: '<unk>',
  messages: [message('user', 'Hi'), message('assistant', 'Hello.')],
  tools: null,
  documents: null,
  add_generation_prompt: false,
};

const render = (source: string) => new Template(source).render(variables, 0);

function outcome(source: string): string | null {
  try {
    return render(source).text;
  } catch (error) {
    if (error instanceof TemplateFault || error instanceof TemplateRefusal) return null;
    // A range of more than 100000 numbers is stopped with the error of a template that runs away.
    if ((error as { code?: string }).code === 'chat-template-runaway') return null;
    throw error;
  }
}

describe('a template', () => {
  it.each(recorded)(
    'renders what Python renders, and is refused where it raises: %s',
    (source, text) => {
      expect(outcome(source)).toBe(text);
    },
  );

  it('keeps apart what a number is: 1 and 1.0, and all digits of a large one', () => {
    const numbers = [1, new Float(1), new Float(1e20), 2512292042121000001n, new Float(-0)];
    const text = (source: string) => new Template(source).render({ numbers }, 0).text;
    expect(text('{{ numbers }}')).toBe('[1, 1.0, 1e+20, 2512292042121000001, -0.0]');
    expect(text('{{ numbers | tojson }}')).toBe('[1, 1.0, 1e+20, 2512292042121000001, -0.0]');
    expect(text('{{ numbers[3] + 1 }} {{ numbers[0] == numbers[1] }}')).toBe(
      '2512292042121000002 True',
    );
  });

  it('tells where its generation blocks wrote, in UTF-16 units', () => {
    const { text, generated } = render(
      '🦊{% for m in messages %}{% generation %}{{ m.content }}🦊{% endgeneration %};{% endfor %}',
    );
    expect(generated.map(({ start, end }) => text.slice(start, end))).toEqual(['Hi🦊', 'Hello.🦊']);
  });

  it('says that a generation block inside a macro does not know its place', () => {
    const inMacro = '{% macro f() %}{% generation %}x{% endgeneration %}{% endmacro %}{{ f() }}';
    expect(render(inMacro)).toMatchObject({ text: 'x', generated: [], misplaced: true });
    expect(render('{% generation %}x{% endgeneration %}').misplaced).toBe(false);
  });

  it('refuses what Jinja knows and chat templates do not use, rather than render it otherwise', () => {
    for (const source of [
      '{% block x %}{% endblock %}',
      "{% include 'x' %}",
      "{{ ('<b>' | safe).replace('b', 'i') }}",
      '{{ [1] | map("string") }}',
      '{{ range }}',
      '{{ lipsum() }}',
      "{{ 'x' | xmlattr }}",
    ]) {
      expect(outcome(source), source).toBeNull();
    }
  });
});
