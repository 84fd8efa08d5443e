import { contentId } from '../../catalog/content-id.js';
import type { TemplateManifest } from '../../catalog/text-catalog.js';
import type { StartHash } from '../../ports/running-hash.js';

/** What a template is known by: sha256 of the canonical JSON of all that it says. */
export function promptTemplateId({ format: _, ...said }: TemplateManifest, startHash: StartHash): string {
  return contentId(said, startHash);
}
