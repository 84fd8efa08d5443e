import { z } from 'zod/mini';
import { catalogSchema } from './schema.js';

/** The JSON Schema of what a catalog file may hold: a field with a default may be left out. */
export const catalogJsonSchema = (): object => z.toJSONSchema(catalogSchema, { io: 'input' });
