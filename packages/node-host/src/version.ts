/** As the package's manifest has it. */
export const VERSION = '0.1.0';
