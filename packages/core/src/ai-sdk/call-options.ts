import type { LanguageModelV3CallOptions, LanguageModelV3Prompt, SharedV3Warning } from '@ai-sdk/provider';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { RequestInput } from '../request/parse-request.js';
import type { NamedModel } from './model-id.js';

/** What a call can ask for under `providerOptions.terrace`, as a request has it. */
type TerraceOptions = Omit<RequestInput, 'task' | 'text' | 'policy'>;

/**
 * The request that a call makes. What it says under `providerOptions.terrace` counts; the name of the model counts more.
 * The runtime parses it, and refuses what is unknown.
 */
export function requestOf(
  named: NamedModel,
  { providerOptions }: Pick<LanguageModelV3CallOptions, 'providerOptions'>,
  what: Pick<RequestInput, 'task' | 'text'>,
): RequestInput {
  return { ...(providerOptions?.['terrace'] as TerraceOptions | undefined), ...named, ...what };
}

/** The last thing the user said. @throws InvalidRequestError when it is not text */
export function lastUserText(prompt: LanguageModelV3Prompt): string {
  const message = prompt.findLast(({ role }) => role === 'user');
  if (message?.role !== 'user') throw refuse('There is no user message to classify.', 'Give a prompt.');
  return message.content
    .map((part) => {
      if (part.type === 'text') return part.text;
      throw refuse('Only text can be classified.', 'Leave files out of the last user message.');
    })
    .join('\n');
}

/** The form an answer is wanted in. */
export type Wanted =
  | { readonly kind: 'text' }
  | { readonly kind: 'json'; readonly schema: unknown }
  | {
      readonly kind: 'tool';
      readonly name: string;
      readonly schema: unknown;
      /** Left to the model: where the schema has no place for a label, the answer is told in words. */
      readonly optional: boolean;
    };

/** @throws InvalidRequestError when a tool has to be called and it is open which one */
export function wantedForm(options: LanguageModelV3CallOptions): Wanted {
  const { responseFormat } = options;
  const tool = chosenTool(options);
  if (tool) return tool;
  return responseFormat?.type === 'json' ? { kind: 'json', schema: responseFormat.schema } : { kind: 'text' };
}

/** The tool that is called: the one that was named, or the only one there is, once. */
function chosenTool({
  tools = [],
  toolChoice,
  responseFormat,
  prompt,
}: LanguageModelV3CallOptions): Wanted | undefined {
  const functions = tools.filter((tool) => tool.type === 'function');
  const choice = toolChoice ?? { type: 'auto' as const };
  const wanted = ({ name, inputSchema: schema }: (typeof functions)[number], optional = false): Wanted => ({
    kind: 'tool',
    name,
    schema,
    optional,
  });
  const [only, ...others] = functions;
  switch (choice.type) {
    case 'none':
      return undefined;
    case 'tool': {
      const named = functions.find(({ name }) => name === choice.toolName);
      if (named) return wanted(named);
      throw refuse('The tool to be called is not among the tools.', 'Add it, or name another.');
    }
    case 'required':
      if (only && others.length === 0) return wanted(only);
      throw refuse('Which of the tools is to be called is not for a label to say.', 'Name it in toolChoice.');
    case 'auto': {
      // Once: with the result in hand, the answer is told in words.
      const isOpen = prompt.at(-1)?.role === 'user' && responseFormat?.type !== 'json';
      return only && others.length === 0 && isOpen ? wanted(only, true) : undefined;
    }
    default:
      return choice satisfies never;
  }
}

const IGNORED = [
  'maxOutputTokens',
  'temperature',
  'stopSequences',
  'topP',
  'topK',
  'presencePenalty',
  'frequencyPenalty',
  'seed',
] as const;

/** Settings of models that write. 0 is what a label has for a temperature anyway. */
export const ignoredSettings = (options: LanguageModelV3CallOptions): SharedV3Warning[] => [
  ...IGNORED.filter((name) => options[name] !== undefined && !(name === 'temperature' && options[name] === 0)).map(
    (feature): SharedV3Warning => ({ type: 'unsupported', feature, details: 'A label is chosen, not written.' }),
  ),
  ...(options.tools ?? []).flatMap((tool): SharedV3Warning[] =>
    tool.type === 'function' ? [] : [{ type: 'unsupported', feature: `tool ${tool.id}` }],
  ),
];

const refuse = (message: string, hint: string): InvalidRequestError => new InvalidRequestError({ message, hint });
