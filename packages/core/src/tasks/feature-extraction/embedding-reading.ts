import type { GraphReading } from '../graph-reading.js';

export const embeddingReading: GraphReading = { graphOutput: 'embedding', isNearTie: () => false };
