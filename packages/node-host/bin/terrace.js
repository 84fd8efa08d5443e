#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

/** onnxruntime 1.30 reads its own command line while it starts, and crashes the process on one of some 10,000 characters. */
const LONGEST_COMMAND_LINE = 4096;

const handedOver = process.env.TERRACE_ARGUMENTS;
delete process.env.TERRACE_ARGUMENTS;
const args = handedOver === undefined ? process.argv.slice(2) : JSON.parse(handedOver);

if (handedOver === undefined && args.join(' ').length > LONGEST_COMMAND_LINE) {
  // So a long text goes to a process with a short command line.
  const env = { ...process.env, TERRACE_ARGUMENTS: JSON.stringify(args) };
  const { status, error } = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], { stdio: 'inherit', env });
  if (error)
    console.error(`error INTERNAL: ${error.message}\n  Send the text on standard input instead: terrace run -`);
  process.exitCode = status ?? 1;
} else {
  // From Node 22 on, compiled code is kept between starts.
  module.enableCompileCache?.();
  const { main } = await import('../dist/bundle/terrace.js');
  process.exitCode = await main(args);
}
