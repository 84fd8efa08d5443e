import { isObject, unusable, type PipelineReader } from './pipeline-reader.js';

/** A text: what was heard, as sure as its tokens are on average. */
export const automaticSpeechRecognition: PipelineReader = {
  takes: ['audio'],
  args: (given) => given,
  read({ output, certainty }) {
    const text = isObject(output) ? output['text'] : undefined;
    if (typeof text !== 'string') return unusable('it is no text');
    const label = text.trim();
    return { kind: 'label', labels: [label], label, confidence: certainty };
  },
};
