/** How often processes are killed at random moments: `npm run soak` does it for longer. */
export const timesKilled = (few: number): number => Number(process.env['TERRACE_KILLS'] ?? few);
