import { z } from 'zod/mini';
import { sha256Schema } from '../catalog/fields.js';
import { catalogSchema } from '../catalog/schema.js';
import { signedSchema } from '../catalog/signature.js';

/** First entry: what follows. Second entry: who says so. */
export const BUNDLE_MANIFEST = 'bundle.json';
export const BUNDLE_SEAL = 'bundle.sig.json';

const MAX_FILES = 10_000;
/** A protocol buffer, which ONNX files are, ends at 2 GiB. */
const MAX_FILE_BYTES = 2 ** 31;
export const MAX_MANIFEST_BYTES = 16 * 2 ** 20;
export const MAX_SEAL_BYTES = 64 * 2 ** 10;

/** Names that every file system takes as they are; hidden files are none of a model's. */
const entryPath = z.string().check(
  z.maxLength(240),
  z.regex(
    /^(models|deltas)(\/[A-Za-z0-9_+-][A-Za-z0-9._+-]*){2,3}$/,
    'models/MODEL/FILE, deltas/DOMAIN/FILE or deltas/DOMAIN/BASE/FILE in letters, digits, ".", "_", "+" and "-"',
  ),
  // What a tar header holds without an extension.
  z.refine((path) => path.length - path.lastIndexOf('/') <= 101 && path.lastIndexOf('/') <= 155, 'a shorter name'),
);

const entrySchema = z.strictObject({
  path: entryPath,
  bytes: z.int().check(z.nonnegative(), z.maximum(MAX_FILE_BYTES)),
  sha256: sha256Schema,
});

/** `bundle.json`: the catalog of what is inside, and every file in the order in which it follows. */
export const bundleManifestSchema = z.strictObject({
  format: z.literal(1),
  catalog: catalogSchema,
  files: z.array(entrySchema).check(z.minLength(1), z.maxLength(MAX_FILES)),
});

/** `bundle.sig.json`, in canonical JSON: the hash of the manifest, and the signature over it where there is one. */
export const sealSchema = z.strictObject({
  format: z.literal(1),
  sha256: sha256Schema,
  signed: z.optional(signedSchema),
});

export type BundleManifest = z.infer<typeof bundleManifestSchema>;
export type BundleEntry = z.infer<typeof entrySchema>;
export type Seal = z.infer<typeof sealSchema>;
