import { audioClassification } from './audio-classification.js';
import { automaticSpeechRecognition } from './automatic-speech-recognition.js';
import { featureExtraction } from './feature-extraction.js';
import { imageClassification } from './image-classification.js';
import { imageFeatureExtraction } from './image-feature-extraction.js';
import type { PipelineReader } from './pipeline-reader.js';
import { questionAnswering } from './question-answering.js';
import { textClassification } from './text-classification.js';
import { tokenClassification } from './token-classification.js';
import { zeroShotAudioClassification } from './zero-shot-audio-classification.js';
import { zeroShotClassification } from './zero-shot-classification.js';
import { zeroShotImageClassification } from './zero-shot-image-classification.js';

/** By their names in transformers.js. */
const READERS: ReadonlyMap<string, PipelineReader> = new Map([
  ['audio-classification', audioClassification],
  ['automatic-speech-recognition', automaticSpeechRecognition],
  ['feature-extraction', featureExtraction],
  ['image-classification', imageClassification],
  ['image-feature-extraction', imageFeatureExtraction],
  ['question-answering', questionAnswering],
  ['text-classification', textClassification],
  ['token-classification', tokenClassification],
  ['zero-shot-audio-classification', zeroShotAudioClassification],
  ['zero-shot-classification', zeroShotClassification],
  ['zero-shot-image-classification', zeroShotImageClassification],
]);

export const readerOf = (task: string): PipelineReader | undefined => READERS.get(task);
export const readableTasks = (): readonly string[] => [...READERS.keys()];
