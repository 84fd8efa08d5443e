import { expect, it } from 'vitest';
import { temporaryFolder, terrace } from './support/run-cli.js';

it('shows a model in words, with every file it has', async () => {
  const { code, stdout } = await terrace(['models', 'show', 'base'], { home: temporaryFolder() });
  expect(code).toBe(0);
  expect(stdout).not.toContain('[object');
  for (const name of ['int8', 'q4', 'tokenizer', 'golden outputs', 'licence', 'signer']) expect(stdout).toContain(name);
});
