import { describe, expect, it } from 'vitest';
import { detectShape, messagesOf, toolsOf } from './shapes.ts';

const user = { role: 'user', content: 'Hi' };
const assistant = { role: 'assistant', content: 'Hello' };

describe('the shape of a row', () => {
  it.each([
    [{ text: 'a' }, 'language-modeling', false],
    [{ messages: [user, assistant] }, 'language-modeling', true],
    [{ messages: [user], tools: '[]' }, 'language-modeling', true],
    [{ conversations: [{ from: 'human', value: 'Hi' }] }, 'language-modeling', true],
    [{ prompt: 'a' }, 'prompt-only', false],
    [{ prompt: [user] }, 'prompt-only', true],
    [{ prompt: 'a', completion: 'b', extra: 1 }, 'prompt-completion', false],
    [{ prompt: [user], completion: [assistant] }, 'prompt-completion', true],
    [{ prompt: 'a', chosen: 'b', rejected: 'c' }, 'preference', false],
    [{ chosen: [user, assistant], rejected: [user, assistant] }, 'preference', true],
    [{ prompt: 'a', completion: 'b', label: true }, 'unpaired-preference', false],
    [{ input_ids: [1, 2] }, 'tokenized', false],
    [{ text: 'a', prompt: null, completion: null }, 'language-modeling', false],
  ])('%j is %s', (row, type, conversational) => {
    expect(detectShape(row)).toEqual({ type, conversational });
  });

  it('takes plain text from the column that is named', () => {
    expect(detectShape({ story: 'a' }, { datasetTextField: 'story' }).type).toBe(
      'language-modeling',
    );
    expect(() => detectShape({ story: 'a' })).toThrow(/columns story matches no shape/);
  });

  it('names the columns found and the shapes understood where none fits', () => {
    try {
      detectShape({ instruction: 'a', output: 'b' });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'data-shape-unknown' });
      expect((error as Error).message).toContain('instruction, output');
      expect((error as { remedy: string }).remedy).toContain('prompt and completion');
    }
  });
});

describe('messages of a row', () => {
  it("turn ShareGPT's words into roles and contents, and keep other fields", () => {
    const row = { conversations: [{ from: 'gpt', value: 'Hi', weight: 1 }] };
    expect(messagesOf(row, 'conversations')).toEqual([{ role: 'gpt', content: 'Hi', weight: 1 }]);
    expect(row.conversations[0]).toEqual({ from: 'gpt', value: 'Hi', weight: 1 });
  });

  it.each([
    [['Hi']],
    [[]],
    ['Hi'],
    [[user, null]],
    [[user, { content: 'x' }]],
    [[user, { role: 3 }]],
  ])('are refused where %j stands for them', (messages) => {
    expect(() => messagesOf({ messages }, 'messages')).toThrow(/list of messages/);
  });
});

it('takes tools as a list or as text', () => {
  expect(toolsOf({ tools: [{ a: 1 }] })).toEqual([{ a: 1 }]);
  expect(toolsOf({ tools: '[{"a": 1}]' })).toEqual([{ a: 1 }]);
  expect(toolsOf({ tools: null })).toBeUndefined();
  expect(() => toolsOf({ tools: '{broken' })).toThrow(/JSON schemas/);
  expect(() => toolsOf({ tools: '{}' })).toThrow(/JSON schemas/);
});
