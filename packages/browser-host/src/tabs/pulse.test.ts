import { createFakeClock } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { createPulse } from './pulse.js';

function setUp() {
  const clock = createFakeClock();
  const state = { isNeeded: true, asked: 0, silences: 0 };
  const pulse = createPulse({
    clock,
    random: () => 0,
    isNeeded: () => state.isNeeded,
    ask: () => state.asked++,
    onSilence: () => state.silences++,
  });
  return { clock, state, pulse };
}

it('asks for a word, and tells once of silence', async () => {
  const { clock, state, pulse } = setUp();
  pulse.watch();
  pulse.watch();
  for (let i = 0; i < 3; i++) await clock.advance(2000);
  expect(state).toMatchObject({ asked: 3, silences: 0 });
  for (let i = 0; i < 3; i++) await clock.advance(2000);
  expect(state).toMatchObject({ asked: 3, silences: 1 });
});

it('is content with any word', async () => {
  const { clock, state, pulse } = setUp();
  pulse.watch();
  for (let i = 0; i < 20; i++) {
    await clock.advance(2000);
    pulse.heard();
  }
  expect(state).toMatchObject({ asked: 20, silences: 0 });
});

it('asks nothing and sets no timer where there is no need, and looks again when there is', async () => {
  const { clock, state, pulse } = setUp();
  state.isNeeded = false;
  pulse.watch();
  for (let i = 0; i < 9; i++) await clock.advance(2000);
  expect(state).toMatchObject({ asked: 0, silences: 0 });
  state.isNeeded = true;
  pulse.watch();
  for (let i = 0; i < 4; i++) await clock.advance(2000);
  expect(state).toMatchObject({ asked: 3, silences: 1 });
});

it('asks nothing after its end', async () => {
  const { clock, state, pulse } = setUp();
  pulse.watch();
  pulse.stop();
  for (let i = 0; i < 9; i++) await clock.advance(2000);
  expect(state).toMatchObject({ asked: 0, silences: 0 });
});
