// Writes catalog.schema.json from the schema in core; with --check it only compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { catalogJsonSchema } from '@terrace/core';

const FILE = new URL('catalog.schema.json', import.meta.url);

const schema = `${JSON.stringify(catalogJsonSchema(), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(FILE, schema);
} else if (!existsSync(FILE) || schema !== readFileSync(FILE, 'utf8')) {
  console.error('docs/catalog.schema.json is not what core says; write it anew with: npm run docs');
  process.exit(1);
}
