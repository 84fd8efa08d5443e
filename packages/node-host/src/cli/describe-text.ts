import type { TextPlan, TextResult, TextTraceEvent } from '@terrace/core/text';
import { DEGRADED, PLACES, REASONS, stepRow, traceRow } from './describe-result.js';
import { bytes, ms, percent, table } from './output.js';
import { terminalText } from './terminal-text.js';

/** One line under an answer: who wrote it, where, how fast and how sure. */
export function describeAnswer(result: TextResult): string {
  const { path, placement, usage, tokensPerSecond, confidence, verdict, costUsd, trace } = result;
  const speed = tokensPerSecond === undefined ? '' : `, ${tokensPerSecond.toFixed(1)} tokens/s`;
  const unseen = trace.flatMap((event) => (event.kind === 'climb' && !path.includes(event.from) ? [event.from] : []));
  const [choice] = result.output.choices;
  return [
    `${path.join(' -> ') || result.tier} ${PLACES[placement]}`,
    ...(unseen.length > 0 ? [`instead of ${[...new Set(unseen)].join(', ')}`] : []),
    `${usage.outputTokens} tokens${speed}`,
    ...(confidence === undefined
      ? []
      : [`${percent(confidence)} likely right${verdict.calibrated ? '' : ' (not calibrated)'}`]),
    ...(verdict.kind === 'abstain' ? [`not sure enough: ${REASONS[verdict.reason]}`] : []),
    ...(verdict.degraded ? [DEGRADED[verdict.degraded]] : []),
    ...(choice?.finishReason === 'length' ? ['cut at its longest'] : []),
    ...(costUsd > 0 ? [`$${costUsd.toPrecision(2)}`] : []),
  ].join(' · ');
}

/** An answer by itself, as `terrace run` prints it. */
export function describeTextResult(result: TextResult): string {
  const { output, requestId, trace } = result;
  const texts = output.choices.map(
    ({ text, toolCalls }) =>
      terminalText(text) + toolCalls.map((call) => `\n${call.name}(${terminalText(call.arguments)})`).join(''),
  );
  return [
    ...texts.flatMap((text) => [text, '']),
    `answered    ${describeAnswer(result)}`,
    `request     ${requestId}`,
    '',
    describeTextTrace(trace),
  ].join('\n');
}

/** What happened to one request, a line each. */
export const describeTextTrace = (trace: readonly TextTraceEvent[]): string => table(trace.map(textRow));

function textRow(event: TextTraceEvent): string[] {
  switch (event.kind) {
    case 'shown': {
      const sure = event.confidence === undefined ? '' : `, ${percent(event.confidence)} sure so far`;
      return traceRow(event.kind, event.heldMs, `${event.tier}: its first tokens, held back so long${sure}`);
    }
    case 'handover':
      return traceRow(
        event.kind,
        undefined,
        `${event.from} -> ${event.to}, from character ${event.shownCharacters} on: ${HANDOVERS[event.reason]}`,
      );
    case 'generate': {
      const { tier, inputTokens, cachedTokens, outputTokens, firstTokenMs, durationMs } = event;
      const kept = cachedTokens === 0 ? '' : ` (${cachedTokens} of them kept from before)`;
      return traceRow(
        event.kind,
        durationMs,
        `${tier}: ${inputTokens} tokens read${kept}, ${outputTokens} written, the first after ${ms(firstTokenMs)}`,
      );
    }
    default:
      return stepRow(event);
  }
}

const HANDOVERS: Readonly<Record<Extract<TextTraceEvent, { kind: 'handover' }>['reason'], string>> = {
  failed: 'it broke off',
  context: 'its context is full',
  confidence: 'it was no longer sure enough',
};

/** Which tiers would answer with text, how fast once they are loaded, and why not the others. */
export function describeTextPlan({ ladder, rejected }: TextPlan): string {
  return [
    ladder.length === 0
      ? 'No tier can answer with text.'
      : table([
          ['tier', 'variant', 'place', 'memory', 'context', 'load', 'first token', 'tokens/s', 'cost', 'from'],
          ...ladder.map(({ tier, estimate }) => [
            tier.id,
            tier.kind === 'local' ? tier.variant.dtype : '-',
            tier.placement,
            tier.kind === 'local' ? bytes(estimate.memoryBytes) : '-',
            Number.isFinite(estimate.contextTokens) ? String(estimate.contextTokens) : '-',
            tier.kind === 'local' ? ms(estimate.loadMs) : '-',
            ms(estimate.firstTokenMs),
            estimate.tokensPerSecond.toFixed(1),
            estimate.costUsd === 0 ? '-' : `$${estimate.costUsd.toPrecision(2)}`,
            estimate.basis === 'measured' ? 'this device' : 'formula',
          ]),
        ]),
    ...(rejected.length === 0
      ? []
      : [
          '',
          'not used',
          table(rejected.map(({ tier, variant, code, message }) => [`  ${tier}`, variant || '-', code, message])),
        ]),
  ].join('\n');
}
