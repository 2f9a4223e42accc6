/**
 * Marks what the assistant writes in templates without `{% generation %}` blocks, where the
 * template's text is a known one. The rendered text stays the same; what is trained is the
 * assistant's content and the end of its turn, not the header, as in TRL's training templates.
 */
export function markGeneration(source: string): string | undefined {
  for (const mark of [markChatml]) {
    const marked = mark(source);
    if (marked !== undefined) return marked;
  }
  return undefined;
}

const field = (name: string) => `message(?:\\['${name}'\\]|\\["${name}"\\]|\\.${name})`;
const newline = "(?:'\\\\n'|'\\n'|\"\\\\n\")";

// {{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}, for all
// roles alike: ChatML as SmolLM2 and many others write it. The newline may stand inside the string.
const chatmlTurn = new RegExp(
  `\\{\\{-?\\s*'<\\|im_start\\|>'\\s*\\+\\s*${field('role')}\\s*\\+\\s*${newline}\\s*\\+\\s*${field('content')}` +
    `\\s*\\+\\s*(?:'<\\|im_end\\|>'\\s*\\+\\s*${newline}|'<\\|im_end\\|>(?:\\\\n|\\n)')\\s*-?\\}\\}`,
  'g',
);

function markChatml(source: string): string | undefined {
  const turns = source.match(chatmlTurn);
  // With branches by role or tool calls, marking this one place would miss what others write.
  if (turns?.length !== 1 || /\belif\b|tool_calls/.test(source)) return undefined;
  const turn = turns[0];
  const open = turn.startsWith('{{-') ? '{{-' : '{{';
  const close = turn.endsWith('-}}') ? '-}}' : '}}';
  const role = new RegExp(field('role')).exec(turn)![0];
  const content = new RegExp(field('content')).exec(turn)![0];
  return source.replace(
    turn,
    () =>
      `${open} '<|im_start|>' + ${role} + '\\n' }}{% if ${role} == 'assistant' %}` +
      `{% generation %}{{ ${content} + '<|im_end|>' }}{% endgeneration %}` +
      `{% else %}{{ ${content} + '<|im_end|>' }}{% endif %}{{ '\\n' ${close}`,
  );
}
