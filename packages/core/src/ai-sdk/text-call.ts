import type {
  LanguageModelV3CallOptions,
  LanguageModelV3Message,
  LanguageModelV3ToolResultOutput,
  SharedV3Warning,
} from '@ai-sdk/provider';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { forcedCall, type ForcedCall } from '../tasks/text-generation/forced-call.js';
import type { TextFace } from '../runtime/text/with-text.js';
import type { NamedModel } from './model-id.js';

type TextRequestInput = Parameters<TextFace['run']>[0];
type Message = NonNullable<TextRequestInput['messages']>[number];
type Generation = NonNullable<TextRequestInput['generation']>;
type Tool = NonNullable<TextRequestInput['tools']>[number];

/** A call of the AI SDK as a request for text. */
export interface TextCall {
  readonly input: TextRequestInput;
  /** The answer has to be a call of a tool. */
  readonly forced: ForcedCall | undefined;
  readonly warnings: SharedV3Warning[];
}

/**
 * What a call asks for. What it says under `providerOptions.terrace` counts; its own settings and the name of the model
 * count more. The runtime parses it, and refuses what is unknown.
 * @throws InvalidRequestError for what is no text, and for a tool that is not there
 */
export function readTextCall({ policy, domain }: NamedModel, options: LanguageModelV3CallOptions): TextCall {
  const asked = options.providerOptions?.['terrace'] as Partial<TextRequestInput> | undefined;
  const { tools, forced } = toolsOf(options);
  const format = forced ? schemaFormat(forced.schema) : formatOf(options);
  const { maxOutputTokens: maxTokens, temperature, topP, topK, seed, stopSequences: stop } = options;
  const generation: Generation = {
    ...asked?.generation,
    ...given({ maxTokens, temperature, topP, topK, seed, stop, format }),
    n: 1,
  };
  return {
    input: {
      ...asked,
      task: 'text-generation',
      messages: options.prompt.flatMap(messagesOf),
      tools,
      generation,
      policy,
      ...(domain !== undefined && { domain }),
    },
    forced,
    warnings: warningsOf(options),
  };
}

const given = (fields: Generation): Generation =>
  Object.fromEntries(Object.entries(fields).filter(([, each]) => each !== undefined));

function messagesOf(message: LanguageModelV3Message): Message[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.content }];
    case 'user':
      return [{ role: 'user', content: message.content.map(textOf).join('\n') }];
    case 'assistant': {
      const { content } = message;
      const calls = content.flatMap((part) =>
        part.type === 'tool-call'
          ? [{ id: part.toolCallId, name: part.toolName, arguments: JSON.stringify(part.input ?? {}) }]
          : [],
      );
      // What a model thought is no part of what it said.
      const said = content.filter(({ type }) => type === 'text' || type === 'file').map(textOf);
      return [{ role: 'assistant', content: said.join(''), ...(calls.length > 0 && { toolCalls: calls }) }];
    }
    case 'tool':
      return message.content.flatMap((part): Message[] =>
        part.type === 'tool-result'
          ? [{ role: 'tool', content: resultOf(part.output), toolCallId: part.toolCallId }]
          : [],
      );
    default:
      return message satisfies never;
  }
}

function textOf(part: { readonly type: string; readonly text?: string }): string {
  if (part.type === 'text' && part.text !== undefined) return part.text;
  throw refuse('Only text can be answered.', 'Leave files out of the messages.');
}

function resultOf(output: LanguageModelV3ToolResultOutput): string {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return output.value;
    case 'json':
    case 'error-json':
      return JSON.stringify(output.value);
    case 'execution-denied':
      return output.reason ?? 'denied';
    case 'content':
      return output.value.map((part) => textOf(part)).join('\n');
    default:
      return output satisfies never;
  }
}

function toolsOf({ tools: all = [], toolChoice: choice = { type: 'auto' } }: LanguageModelV3CallOptions): {
  readonly tools: Tool[];
  readonly forced: ForcedCall | undefined;
} {
  const tools = all.flatMap((tool): Tool[] =>
    tool.type === 'function'
      ? [
          {
            name: tool.name,
            ...(tool.description !== undefined && { description: tool.description }),
            parameters: tool.inputSchema as Tool['parameters'],
          },
        ]
      : [],
  );
  switch (choice.type) {
    case 'none':
      return { tools: [], forced: undefined };
    case 'auto':
      return { tools, forced: undefined };
    case 'required':
      if (isSome(tools)) return { tools, forced: forcedCall(tools) };
      throw refuse('There is no tool to call.', 'Give one.');
    case 'tool': {
      const named = tools.find(({ name }) => name === choice.toolName);
      if (named) return { tools: [named], forced: forcedCall([named]) };
      throw refuse('The tool to be called is not among the tools.', 'Add it, or name another.');
    }
    default:
      return choice satisfies never;
  }
}

function formatOf({ responseFormat }: LanguageModelV3CallOptions): Generation['format'] {
  if (responseFormat?.type !== 'json') return undefined;
  const { schema } = responseFormat;
  return schema === undefined ? { kind: 'json' } : schemaFormat(schema);
}

const isSome = (tools: Tool[]): tools is [Tool, ...Tool[]] => tools.length > 0;

const schemaFormat = (schema: unknown): Generation['format'] => ({
  kind: 'schema',
  schema: schema as Readonly<Record<string, unknown>>,
});

const warningsOf = ({ tools = [], ...options }: LanguageModelV3CallOptions): SharedV3Warning[] => [
  ...(['presencePenalty', 'frequencyPenalty'] as const).flatMap((feature): SharedV3Warning[] =>
    options[feature] ? [{ type: 'unsupported', feature, details: 'Use repetitionPenalty of the generation.' }] : [],
  ),
  ...tools.flatMap((tool): SharedV3Warning[] =>
    tool.type === 'function' ? [] : [{ type: 'unsupported', feature: `tool ${tool.id}` }],
  ),
];

const refuse = (message: string, hint: string): InvalidRequestError => new InvalidRequestError({ message, hint });
