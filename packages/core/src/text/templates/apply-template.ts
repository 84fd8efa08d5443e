import type { PromptTemplate } from '../../catalog/text-catalog.js';
import type { ChatMessage } from '../../tasks/text-generation/messages.js';

/** A chat as a template has it asked: what its system text says stands before what the caller's says. */
export function applyTemplate(
  messages: readonly ChatMessage[],
  template: Pick<PromptTemplate, 'system'> | undefined,
): readonly ChatMessage[] {
  if (template?.system === undefined) return messages;
  const [first, ...rest] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: template.system }, ...messages];
  return [{ ...first, content: `${template.system}\n\n${first.content}` }, ...rest];
}
