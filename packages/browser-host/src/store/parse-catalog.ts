import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson, catalogSchema, InvalidCatalogError, parseFile, type Catalog, type Parsed } from '@terrace/core';

/**
 * A catalog whose revision is that of its content: one that was cut off, mixed or edited is none.
 * @param place where the text is from, for messages
 * @throws InvalidCatalogError
 */
export function parseCatalog(text: string, place: string): Parsed<Catalog> {
  const json = parseJson(text, place);
  const parsed = parseFile(catalogSchema, json, 'catalog');
  // Of the text and not of what was parsed: a newer catalog may hold fields that nobody here knows.
  const { revision, ...content } = json as Record<string, unknown>;
  if (bytesToHex(sha256(utf8ToBytes(canonicalJson(content)))) === revision) return parsed;
  throw new InvalidCatalogError({
    message: `${place} is not the catalog that it says: its revision is that of other content.`,
    hint: 'Publish it as it was generated; `terrace models index` generates it anew.',
    facts: { file: place, revision: parsed.value.revision },
  });
}

/** @throws InvalidCatalogError naming the file */
export function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidCatalogError({
      message: `${place} is not JSON: ${(cause as Error).message}.`,
      hint: 'Publish the file as it was generated.',
      facts: { file: place },
      cause,
    });
  }
}
