/**
 * Adds `{% generation %}` blocks to templates that have none, where their text is known: ChatML as
 * SmolLM2 has it, Qwen 2.5, Qwen 3, Llama 3, Gemma. What is trained is what TRL's training templates
 * train: the header is a cue, the content and the end of the turn are learned (Qwen 2.5: from the
 * newline before the content). Qwen 3 writes its thinking block in every turn, as there.
 *
 * @returns undefined where the template is not known
 */
export function markGeneration(source: string): string | undefined {
  for (const family of families) {
    const marked = apply(source, family);
    if (marked !== undefined) return marked;
  }
  return undefined;
}

interface Family {
  /** Each must stand in the template exactly once. */
  edits: [place: RegExp, change: (found: string, ...groups: string[]) => string][];
  /** Signs that the turns are also written elsewhere. */
  unless?: RegExp;
}

/** `part` as it is, in a generation block where the assistant speaks. */
const whereAssistant = (part: string, role: string, name = 'assistant') =>
  `{% if ${role} == '${name}' %}{% generation %}${part}{% endgeneration %}{% else %}${part}{% endif %}`;

const newline = String.raw`(?:'\\n'|'\n'|"\\n")`;
const field = (name: string) => String.raw`message(?:\['${name}'\]|\["${name}"\]|\.${name})`;

const chatml: Family = {
  unless: /\belif\b|tool_calls/,
  edits: [
    [
      new RegExp(
        String.raw`(\{\{-?\s*'<\|im_start\|>'\s*\+\s*(${field('role')})\s*\+\s*${newline})\s*\+\s*(${field('content')})` +
          String.raw`\s*\+\s*(?:'<\|im_end\|>'\s*\+\s*${newline}|'<\|im_end\|>(?:\\n|\n)')\s*(-?\}\})`,
        'g',
      ),
      (_, head, role, content, end) =>
        `${head} }}${whereAssistant(`{{ ${content} + '<|im_end|>' }}`, role!)}{{ '\\n' ${end}`,
    ],
  ],
};

const toolTurnEnd: Family['edits'][number] = [
  /(\{\{- '<\|im_end\|>\\n' \}\})(\s*\{%- elif message\.role == "tool" %\})/g,
  (_, end, after) => `${end}{%- endgeneration %}${after}`,
];

const qwen25: Family = {
  edits: [
    // This first: what the next one writes looks the same.
    [/\{\{- '<\|im_start\|>' \+ message\.role \}\}/g, (header) => `${header}{%- generation %}`],
    [
      /\{\{- '<\|im_start\|>' \+ message\.role \+ '\\n' \+ message\.content \+ '<\|im_end\|>' \+ '\\n' \}\}/g,
      () =>
        `{{- '<|im_start|>' + message.role }}${whereAssistant("{{ '\\n' + message.content + '<|im_end|>\\n' }}", 'message.role')}`,
    ],
    toolTurnEnd,
  ],
};

const qwen3: Family = {
  edits: [
    [
      /\{%- if loop\.index0 > ns\.last_query_index %\}\s*\{%- if loop\.last[^%]*%\}.*?\{%- endif %\}.*?\{%- endif %\}/gs,
      () =>
        "{{- '<|im_start|>' + message.role + '\\n' }}{%- generation %}{{ '<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}",
    ],
    toolTurnEnd,
  ],
};

const llama3: Family = {
  unless: /tool/,
  edits: [
    [
      /\+\s*(message\['content'\] \| trim) \+ '<\|eot_id\|>' (%\}(?:\{% if .*?\{% endif %\})?\{\{ content \}\})/gs,
      (_, content, rest) =>
        `${rest}${whereAssistant(`{{ ${content} + '<|eot_id|>' }}`, "message['role']")}`,
    ],
  ],
};

const gemma: Family = {
  edits: [
    [
      /\+ (message\['content'\] \| trim \+ '<end_of_turn>\n') \}\}/g,
      (_, content) => `}}${whereAssistant(`{{ ${content} }}`, 'role', 'model')}`,
    ],
  ],
};

const gemma3: Family = {
  edits: [
    [
      /(\(first_user_prefix if loop\.first else ""\) \}\})(.*?\{\{ '<end_of_turn>\n' \}\})/gs,
      (_, header, turn) => `${header}${whereAssistant(turn!, 'role', 'model')}`,
    ],
  ],
};

const families = [chatml, qwen25, qwen3, llama3, gemma3, gemma];

function apply(source: string, { edits, unless }: Family): string | undefined {
  if (unless?.test(source)) return undefined;
  let marked = source;
  for (const [place, change] of edits) {
    if (source.match(place)?.length !== 1) return undefined;
    marked = marked.replace(place, change);
  }
  return marked;
}
