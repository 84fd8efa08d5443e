import type { LanguageModelV3FinishReason, LanguageModelV3Text, LanguageModelV3ToolCall } from '@ai-sdk/provider';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { findAllowed } from '../forms/finding.js';
import { fillForm, freeForm, planForm, type SchemaForm } from '../forms/schema-form.js';
import type { Result } from '../runtime/result.js';
import type { Wanted } from './call-options.js';

export interface ToldAnswer {
  readonly content: LanguageModelV3Text | LanguageModelV3ToolCall;
  readonly finishReason: LanguageModelV3FinishReason;
}

/**
 * A classification in the form that was asked for. Pure.
 * @throws InvalidRequestError when nothing true has that form
 */
export function tellAnswer(wanted: Wanted, result: Result): ToldAnswer {
  switch (wanted.kind) {
    case 'text':
      return inWords(result);
    case 'json':
      return text(filled(wanted.schema, result, 'responseFormat.schema'));
    case 'tool':
      try {
        const input = filled(wanted.schema, result, `tools.${wanted.name}.inputSchema`);
        return {
          content: { type: 'tool-call', toolCallId: `call_${result.requestId}`, toolName: wanted.name, input },
          finishReason: { unified: 'tool-calls', raw: undefined },
        };
      } catch (error) {
        if (wanted.optional && InvalidRequestError.isInstance(error)) return inWords(result);
        throw error;
      }
    default:
      return wanted satisfies never;
  }
}

const text = (written: string): ToldAnswer => ({
  content: { type: 'text', text: written },
  finishReason: { unified: 'stop', raw: undefined },
});

function inWords({ output }: Result): ToldAnswer {
  if (output.kind !== 'classification') throw new Error(`an ${output.kind} where a classification was asked for`);
  return text(output.label);
}

/** @returns JSON */
function filled(schema: unknown, result: Result, param: string): string {
  const labels = result.answer.kind === 'embedding' ? [] : result.answer.labels;
  const form: SchemaForm = schema === undefined ? freeForm(labels) : planForm(schema, labels, param);
  const finding = findAllowed(result, form.allowed);
  if (!finding) {
    throw refuse(
      'The text belongs to none of the labels that the schema allows.',
      'Let it allow more of the labels.',
      param,
    );
  }
  const value = fillForm(form.root, finding);
  if (value !== undefined) return JSON.stringify(value);
  throw refuse(
    'The schema requires a confidence, and nobody can say how sure this answer is.',
    'Make the confidence optional, or nullable.',
    param,
  );
}

const refuse = (message: string, hint: string, param: string): InvalidRequestError =>
  new InvalidRequestError({ message, hint, facts: { param } });
