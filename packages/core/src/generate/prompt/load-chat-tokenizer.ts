import { ArtifactCorruptError } from '../../errors/artifact-corrupt-error.js';
import type { TokenizerClass } from '../../encoder/text-tokenizer.js';
import { TokenizerMismatchError } from '../../errors/tokenizer-mismatch-error.js';
import type { LocatedFile } from '../../ports/model-store.js';
import type { TextModel } from '../../ports/text-engine.js';
import type { ChatMessage } from '../../tasks/text-generation/messages.js';
import type { TextHost } from '../text-host.js';
import { readByteVocabulary } from './byte-vocabulary.js';
import { chatTemplateOf, createRenderChat, templateChat } from './chat-template.js';
import type { ChatTokenizer } from './chat-tokenizer.js';
import { createDetokenizer } from './detokenizer.js';
import { createEncodeRendered } from './encode-rendered.js';
import { createEncodeText } from './encode-text.js';
import { fitContext, utf8Bytes } from './fit-context.js';
import { createSharedBeginning } from './shared-beginning.js';
import { createSpellOut } from './spelt-out.js';
import { toolsInWords } from './tools-in-words.js';

/**
 * @throws ArtifactCorruptError when a file is not one of a tokenizer whose tokens are bytes
 * @throws TokenizerMismatchError when it has more tokens than the model, or not the ones that end a turn
 * @throws EngineError when the tokenizer library is another than the one this was written for
 */
export async function loadChatTokenizer(
  model: Pick<TextModel, 'tokenizer' | 'tokenizerConfig' | 'shape' | 'vocabulary' | 'modelId'>,
  host: Pick<TextHost, 'readVerified' | 'loadTokenizerClass' | 'loadTemplateClass'>,
): Promise<ChatTokenizer> {
  const readJson = async (file: LocatedFile): Promise<object> => parseJson(await host.readVerified(file), file);
  const [content, settings, Tokenizer, Template] = await Promise.all([
    readJson(model.tokenizer),
    model.tokenizerConfig === undefined ? {} : readJson(model.tokenizerConfig),
    host.loadTokenizerClass(),
    host.loadTemplateClass(),
  ]);
  const bytes = readByteVocabulary(content, model.tokenizer.location);
  checkFit(model, bytes.tokens);
  const encodeText = createEncodeText(build(Tokenizer, content, settings, model.tokenizer));
  const controls = bytes.added.filter(({ special, content: text }) => special || /\p{L}/u.test(text));
  const spellOut = createSpellOut(controls.map(({ content: text }) => text));
  const render = createRenderChat(Template, settings);
  const encodeRendered = createEncodeRendered({ added: bytes.added, controls, encodeText });

  type Chat = Parameters<ChatTokenizer['prompt']>[0];
  const encodeChat = ({ messages, tools, prefix, chatTemplate }: Omit<Chat, 'context'>): number[] => {
    const source = chatTemplate ?? chatTemplateOf(settings, model.modelId, tools.length > 0);
    const inWords = tools.length > 0 && !source.includes('tools');
    const spelling = spellOut([messages, tools, prefix]);
    const chat = inWords
      ? templateChat(toolsInWords(messages, tools), [], spelling)
      : templateChat(messages, tools, spelling);
    return encodeRendered(render(source, chat) + spelling.text(prefix), spelling.show);
  };
  const sharedBeginning = createSharedBeginning(encodeChat);

  return {
    vocabulary: model.vocabulary,
    endTokens: model.shape.endTokens,
    bytesOf: (token) => bytes.bytesOf(token),
    prompt(job, roomTokens) {
      const { encoded, trimmedMessages } = fitContext({
        messages: job.messages,
        besideBytes: utf8Bytes(job.prefix) + (job.tools.length === 0 ? 0 : utf8Bytes(JSON.stringify(job.tools))),
        roomTokens,
        policy: job.context,
        modelId: model.modelId,
        encode: (messages: readonly ChatMessage[]) => encodeChat({ ...job, messages }),
      });
      return { ids: Int32Array.from(encoded), sharedTokens: sharedBeginning(job, encoded), trimmedMessages };
    },
    encode: (text) => Int32Array.from(encodeText(text, 0)),
    detokenizer: (goesOn = false) => createDetokenizer(bytes, goesOn),
    textOf(token) {
      const own = bytes.bytesOf(token);
      if (own !== undefined) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(own);
      return bytes.added.find(({ id }) => id === token)?.content ?? '';
    },
  };
}

function checkFit(
  { modelId, vocabulary, shape }: Pick<TextModel, 'modelId' | 'vocabulary' | 'shape'>,
  tokens: number,
): void {
  if (tokens <= vocabulary && shape.endTokens.every((token) => token < tokens)) return;
  throw new TokenizerMismatchError({
    message: `The tokenizer of "${modelId}" has ${tokens} tokens, the model ${vocabulary}, and its turns end in ${shape.endTokens.join(', ')}.`,
    hint: 'Take tokenizer.json from where the weights come from.',
    facts: { model: modelId, tokens, vocabulary },
  });
}

function build(Tokenizer: TokenizerClass, content: object, settings: object, file: LocatedFile): object {
  try {
    return new Tokenizer(content, settings);
  } catch (cause) {
    throw notATokenizer(file, cause);
  }
}

function parseJson(bytes: Uint8Array, file: LocatedFile): object {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as object;
  } catch (cause) {
    throw notATokenizer(file, cause);
  }
}

function notATokenizer({ location }: LocatedFile, cause: unknown): ArtifactCorruptError {
  return new ArtifactCorruptError({
    message: `${location} is not a tokenizer.`,
    hint: "Take tokenizer.json as the model's publisher wrote it.",
    facts: { file: location },
    cause,
  });
}
