import type { ChatMessage, Tool } from '../../tasks/text-generation/messages.js';

/**
 * A chat for a template that knows nothing of tools: they are told of in the system's turn, and calls that were made
 * stand in the assistant's text, both as most models that call tools have learnt them.
 */
export function toolsInWords(messages: readonly ChatMessage[], tools: readonly Tool[]): readonly ChatMessage[] {
  const [first, ...rest] = messages;
  const isSystem = first?.role === 'system';
  const told = `${isSystem ? `${first.content}\n\n` : ''}${describe(tools)}`;
  return [{ role: 'system', content: told }, ...(isSystem ? rest : messages).map(withCalls)];
}

function describe(tools: readonly Tool[]): string {
  return (
    `You may call these tools:\n<tools>${JSON.stringify(tools)}</tools>\n` +
    'To call one, answer with nothing but\n' +
    '<tool_call>{"name": "the name of the tool", "arguments": {"the name of a parameter": "its value"}}</tool_call>'
  );
}

function withCalls(message: ChatMessage): ChatMessage {
  const { toolCalls = [], content } = message;
  if (toolCalls.length === 0) return message;
  const calls = toolCalls.map(
    ({ name, arguments: text }) => `<tool_call>{"name": ${JSON.stringify(name)}, "arguments": ${text}}</tool_call>`,
  );
  return { ...message, content: [...(content === '' ? [] : [content]), ...calls].join('\n') };
}
