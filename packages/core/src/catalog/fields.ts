import { z } from 'zod/mini';

export const idSchema = z
  .string()
  .check(
    z.regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)?$/,
      'letters, digits, ".", "_" and "-", with at most one "/"',
    ),
    z.maxLength(128),
  );
export const sha256Schema = z.string().check(z.regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits'));
/** No control characters, and none that turn the direction of writing: they could redraw what a terminal shows. */
const PRINTABLE = /^[^\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]*$/u;
/** Written by strangers, and shown to people. */
export const printable = z.string().check(z.regex(PRINTABLE, 'text without control characters'));
export const line = printable.check(z.minLength(1), z.maxLength(256));

const relativePath = printable.check(
  z.maxLength(512),
  // `[\s\S]`, because a dot stops at a line break and would miss the ".." behind it.
  z.regex(/^(?!\/)(?!([\s\S]*\/)?\.\.(\/|$))[^\\\0:]+$/, 'a relative path without ".."'),
);
/** A language tag with at most script and region: what `Intl.Locale` reads for certain. */
export const languageSchema = z
  .string()
  .check(z.regex(/^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$/, 'a BCP 47 tag such as "en" or "zh-Hant"'));

export const placementSchema = z.enum(['device', 'site', 'cloud']);
/** What an encoder does in one run. */
export const taskSchema = z.enum(['text-classification', 'feature-extraction']);
/** What a model or an endpoint can be for: what encoders do, and text that is generated token by token. */
export const modelTaskSchema = z.enum(['text-classification', 'feature-extraction', 'text-generation']);
export const dtypeSchema = z.enum(['fp32', 'fp16', 'int8', 'q4', 'q4f16']);

export const fileSchema = z.strictObject({
  /** Relative to the folder of the catalog. */
  path: relativePath,
  bytes: z.int().check(z.positive()),
  sha256: sha256Schema,
});

export const labelSchema = printable.check(z.minLength(1));

export type Placement = z.infer<typeof placementSchema>;
export type TaskId = z.infer<typeof taskSchema>;
export type ModelTaskId = z.infer<typeof modelTaskSchema>;
export type FileRef = z.infer<typeof fileSchema>;
export type Dtype = z.infer<typeof dtypeSchema>;
