import { InvalidRequestError } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { writeBytesTensor } from './bytes-tensor.js';
import { parseInfer } from './infer-request.js';

const LIMITS = { maxTexts: 4, jsonDepth: 32 };

const input = (more: object = {}) => ({ name: 'text', shape: [1], datatype: 'BYTES', data: ['a'], ...more });
const json = (body: unknown) => Buffer.from(JSON.stringify(body));
const parse = (body: unknown, headerLength?: string) =>
  parseInfer(Buffer.isBuffer(body) ? body : json(body), { ...LIMITS, headerLength });

/** JSON with raw bytes behind it. */
function withTensor(header: object, tensor: Buffer): [Buffer, string] {
  const head = json(header);
  return [Buffer.concat([head, tensor]), String(head.length)];
}

const raw = (size: number, shape: number[] = [2]) => ({
  inputs: [{ name: 'text', shape, datatype: 'BYTES', parameters: { binary_data_size: size } }],
});

describe('parseInfer', () => {
  it('reads texts of JSON, flat or as a column', () => {
    expect(parse({ inputs: [input({ shape: [2], data: ['a', 'b'] })] }).texts).toEqual(['a', 'b']);
    expect(parse({ inputs: [input({ shape: [2, 1], data: ['a', 'b'] })] }).texts).toEqual(['a', 'b']);
    expect(parse({ inputs: [input({ shape: [2, 1], data: [['a'], ['b']] })] }).texts).toEqual(['a', 'b']);
  });

  it('reads raw texts behind the JSON', () => {
    const tensor = writeBytesTensor(['a', 'é']);
    expect(parse(...withTensor(raw(tensor.length), tensor)).texts).toEqual(['a', 'é']);
    expect(parse(...withTensor(raw(tensor.length, [2, 1]), tensor)).texts).toEqual(['a', 'é']);
    // The length may be said of plain JSON, too.
    const plain = json({ inputs: [input()] });
    expect(parse(plain, String(plain.length)).texts).toEqual(['a']);
  });

  it('reads what is asked of the answer', () => {
    const { id, outputs, isBinary, requirements, priority } = parse({
      id: '42',
      parameters: {
        priority: 1,
        timeout: 250_000,
        max_risk: 0.02,
        min_confidence: 0.5,
        max_cost_usd: 0,
        residency: 'device',
        binary_data_output: true,
      },
      inputs: [input()],
      outputs: [{ name: 'logits' }, { name: 'label', parameters: { binary_data: false } }],
    });
    expect({ id, outputs, priority }).toEqual({ id: '42', outputs: ['logits', 'label'], priority: 'high' });
    expect(['logits', 'label', 'confidence'].map(isBinary)).toEqual([true, false, true]);
    expect(requirements).toEqual({
      deadlineMs: 250,
      maxRisk: 0.02,
      minConfidence: 0.5,
      maxCostUsd: 0,
      residency: 'device',
    });
  });

  it('asks for nothing by itself', () => {
    const { id, outputs, isBinary, requirements, priority } = parse({ inputs: [input()] });
    expect({ id, outputs, requirements, priority }).toEqual({ requirements: {} });
    expect(isBinary('label')).toBe(false);
  });

  it.each<[string, unknown, string?]>([
    ['no body', Buffer.alloc(0)],
    ['no JSON', Buffer.from('{')],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['no inputs', { inputs: [] }],
    ['an unknown field', { inputs: [input()], input: 1 }],
    ['an unknown parameter', { inputs: [input()], parameters: { sequence_id: 1 } }],
    ['another input', { inputs: [input({ name: 'texts' })] }],
    ['the input twice', { inputs: [input(), input()] }],
    ['numbers for texts', { inputs: [input({ datatype: 'INT64', data: [1] })] }],
    ['numbers in BYTES', { inputs: [input({ data: [1] })] }],
    ['no data', { inputs: [{ name: 'text', shape: [1], datatype: 'BYTES' }] }],
    ['a shape of more', { inputs: [input({ shape: [2] })] }],
    ['a shape of fewer', { inputs: [input({ data: ['a', 'b'] })] }],
    ['a shape of nothing', { inputs: [input({ shape: [0], data: [] })] }],
    ['a negative shape', { inputs: [input({ shape: [-1] })] }],
    ['a matrix', { inputs: [input({ shape: [1, 2], data: ['a', 'b'] })] }],
    ['more texts than it reads', { inputs: [input({ shape: [5], data: ['a', 'b', 'c', 'd', 'e'] })] }],
    ['an output twice', { inputs: [input()], outputs: [{ name: 'label' }, { name: 'label' }] }],
    ['classes of an output', { inputs: [input()], outputs: [{ name: 'label', parameters: { classification: 3 } }] }],
    ['shared memory', { inputs: [input({ parameters: { shared_memory_region: 'r' } })] }],
    ['a deadline of nothing', { inputs: [input()], parameters: { deadline_ms: 0 } }],
    ['a length beyond the body', { inputs: [input()] }, '100000'],
    ['a length that is no number', { inputs: [input()] }, '1e1'],
    [
      'data and bytes',
      ...withTensor({ inputs: [input({ parameters: { binary_data_size: 5 } })] }, writeBytesTensor(['a'])),
    ],
    ['fewer bytes than it names', ...withTensor(raw(20), writeBytesTensor(['a', 'b']))],
    ['more bytes than it names', ...withTensor(raw(5, [1]), writeBytesTensor(['a', 'b']))],
    ['bytes that no input names', ...withTensor({ inputs: [input()] }, writeBytesTensor(['a']))],
    ['a text that is cut off', ...withTensor(raw(5, [1]), Buffer.from([9, 0, 0, 0, 0x61]))],
    ['an unsafe size', ...withTensor(raw(2 ** 60, [1]), Buffer.from([0]))],
  ])('refuses %s', (_, body, headerLength) => {
    expect(() => parse(body, headerLength)).toThrow(InvalidRequestError);
  });

  it('refuses what is nested too deeply', () => {
    const deep = `{"inputs":[${'['.repeat(100)}${']'.repeat(100)}]}`;
    expect(() => parse(Buffer.from(deep))).toThrow(/deep/);
  });
});
