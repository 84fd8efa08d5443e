import { certify } from '@terrace/core';
import type { TextCalibration, TextFit, UnfitText } from '@terrace/core/text';
import { percent, print, printJson, table, warn } from './output.js';
import { percentOr } from './commands/calibrate.js';

const RISKS = [0.05, 0.1, 0.2, 0.3];

/** Tells how well right answers of text tiers are told from wrong ones. */
export function reportTextFit({
  calibration,
  fits,
  unfit,
  file,
  json,
}: {
  calibration: TextCalibration;
  fits: readonly TextFit[];
  unfit: readonly UnfitText[];
  file: string;
  json: boolean;
}): void {
  const tiers = fits.map(({ tier, accuracy, auroc }) => {
    const { grid } = calibration.tiers.find((each) => each.tier === tier)!;
    const rows = grid.at(-1)!.accepted;
    const coverage = Object.fromEntries(
      RISKS.map((maxRisk) => [maxRisk, certify({ grid, rows, maxRisk })?.coverage ?? null]),
    );
    return { tier, rows, accuracy, auroc, coverage };
  });
  if (json) return printJson({ file, data: calibration.data, tiers, unfit });
  print(`${calibration.data.rows} questions -> ${file}\n`);
  const two = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(2));
  print(
    table([
      [
        'tier',
        'answers',
        'right',
        'AUROC (95 %)',
        'of the first tokens',
        ...RISKS.map((risk) => `answered at ${percent(risk)} risk`),
      ],
      ...tiers.map(({ tier, rows, accuracy, auroc, coverage }) => [
        tier,
        String(rows),
        percent(accuracy),
        `${two(auroc.whole)} (${two(auroc.interval[0])} to ${two(auroc.interval[1])})`,
        two(auroc.early),
        ...RISKS.map((risk) => percentOr(coverage[risk], 'not certified')),
      ]),
    ]),
  );
  for (const { tier, why } of unfit) warn(`${tier} is not calibrated: ${why}`);
}
