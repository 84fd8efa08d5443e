import type { OnnxGraph } from '../../delta/layers/onnx-file.js';

/**
 * A graph in words that do not depend on how its values are called: one line a node, with its inputs as stored tensors
 * (`t0`, in the order of the file), outputs of earlier nodes (`n0`) or inputs of the graph, and its attributes; the last
 * line has the outputs of the graph.
 */
export function describeGraph({ nodes, tensors, outputs: results }: OnnxGraph): string {
  const names = new Map(tensors.map(({ name }, i) => [name, `t${i}`]));
  const lines = nodes.map(({ op, inputs, outputs, attributes }, i) => {
    const read = inputs.map((name) => names.get(name) ?? name).join(' ');
    for (const output of outputs) names.set(output, `n${i}`);
    const set = Object.entries(attributes)
      .map(([name, values]) => ` ${name}=${values.join()}`)
      .toSorted();
    return `${op}(${read})${set.join('')}`;
  });
  const told = results.map((name) => `${name}=${names.get(name)}`);
  return [...lines, told.join(' ')].join('\n');
}
