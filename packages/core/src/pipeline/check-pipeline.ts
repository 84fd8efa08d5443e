import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { readableTasks, readerOf } from './readers/reader-of.js';
import type { PipelineTierOptions } from './pipeline-tier.js';

/** Those that transformers.js knows; it takes any other for `fp32`. */
const DTYPES = ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'bnb4', 'q4f16', 'q2', 'q2f16', 'q1', 'q1f16'];
const TASK = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** @throws InvalidRequestError for options under which nothing would run, or something else than was meant */
export function checkPipeline({ task, model, dtype, args = [], read }: PipelineTierOptions): void {
  if (typeof task !== 'string' || !TASK.test(task) || task in Object.prototype)
    throw invalid('task', 'is no name of a task', `Tasks with a reader: ${readableTasks().join(', ')}.`);
  if (typeof model !== 'string' || model.trim() === '')
    throw invalid('model', 'is empty', 'Name the folder of the model, in the layout of the Hugging Face hub.');
  if (dtype !== undefined && !DTYPES.includes(dtype))
    throw invalid('dtype', `is none of ${DTYPES.join(', ')}`, 'Name the one whose ONNX file is in the folder.');
  const reader = readerOf(task);
  if (!reader && !read)
    throw invalid(
      'task',
      `"${task}" has no reader`,
      `Give one as \`read\`, or use one of ${readableTasks().join(', ')}.`,
    );
  const missing = reader?.missing?.(args);
  if (missing !== undefined)
    throw invalid('args', `lack ${missing}`, `The pipeline ${task} takes them behind its input.`);
}

function invalid(option: string, why: string, hint: string): InvalidRequestError {
  return new InvalidRequestError({ message: `The option ${option} of the pipeline ${why}.`, hint, facts: { option } });
}
