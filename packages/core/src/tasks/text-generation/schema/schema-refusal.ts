/** Why a schema cannot be followed exactly, and where in it. */
export class SchemaRefusal extends Error {
  /** @param pointer JSON Pointer into the schema, from `#` */
  constructor(pointer: string, reason: string) {
    super(`At ${pointer}: ${reason}.`);
  }
}
