import { describe, expect, it } from 'vitest';
import { ChunkPace } from './chunk-pace.js';

const paceOf = ({ chunkMs, answersMs }: { chunkMs: number; answersMs: number }): ChunkPace => {
  const pace = new ChunkPace(32);
  pace.sawChunk(32, chunkMs);
  pace.sawAnswers(answersMs);
  return pace;
};

describe('the pace of reading', () => {
  it('halves chunks that hold up those who write for more than four tokens', () => {
    const pace = paceOf({ chunkMs: 81, answersMs: 12 });
    expect(pace.tokens(true)).toBe(16);
    pace.sawChunk(16, 45);
    expect(pace.tokens(true)).toBe(16);
  });

  it('reads whole chunks where nobody writes, and where a token takes long itself', () => {
    expect(paceOf({ chunkMs: 81, answersMs: 12 }).tokens(false)).toBe(32);
    expect(paceOf({ chunkMs: 81, answersMs: 35 }).tokens(true)).toBe(32);
    expect(paceOf({ chunkMs: 1000, answersMs: 450 }).tokens(true)).toBe(32);
  });

  it('reads whole chunks before it knows, and learns nothing from the rest of a prompt', () => {
    const pace = new ChunkPace(32);
    expect(pace.tokens(true)).toBe(32);
    pace.sawAnswers(12);
    pace.sawChunk(2, 15);
    expect(pace.tokens(true)).toBe(32);
  });
});
