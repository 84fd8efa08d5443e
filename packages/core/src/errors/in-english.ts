import { z } from 'zod/mini';

/** Words for what a schema refuses. Given to each parse, because a language that is set holds for all of the page. */
export const inEnglish: z.core.$ZodErrorMap = (issue) => z.locales.en().localeError(issue);
