import type { Runtime, TextFace } from '@terrace/core';
import type { EconomyFace } from '@terrace/core/prompt';
import { whenAsked } from '../when-asked.js';

/** Chats that are made shorter before they are sent. A process that never asks for it loads nothing of it. */
export function openNodeEconomy<R extends Runtime & TextFace>(runtime: R): R & EconomyFace {
  const open = async () => {
    const { createEmbed, withPromptEconomy } = await import('@terrace/core/prompt');
    return withPromptEconomy(runtime, { count: runtime.count, embed: createEmbed(runtime) });
  };
  return whenAsked(runtime, 'economy', open).runtime as R & EconomyFace;
}
