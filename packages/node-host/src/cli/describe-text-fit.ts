import { createWalkBounds, deltaOfEach, type TextCalibration, type TextFit, type UnfitText } from '@terrace/core/text';
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
  const coverageOf = coverages(calibration);
  const tiers = fits.map(({ tier, accuracy, auroc }) => {
    const { whole } = calibration.tiers.find((each) => each.tier === tier)!.rows;
    const rows = whole.filter((confidence) => confidence >= 0).length;
    return { tier, rows, accuracy, auroc, coverage: coverageOf([tier]) };
  });
  const ids = fits.map(({ tier }) => tier);
  const ladder = { tiers: ids, coverage: coverageOf(ids) };
  if (json) return printJson({ file, data: calibration.data, tiers, ladder, unfit });
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
        ...toldOf(coverage),
      ]),
      ...(ids.length > 1 ? [[ids.join(' -> '), '', '', '', '', ...toldOf(ladder.coverage)]] : []),
    ]),
  );
  for (const { tier, why } of unfit) warn(`${tier} is not calibrated: ${why}`);
}

type Coverage = Readonly<Record<string, number | null>>;

const toldOf = (coverage: Coverage): string[] => RISKS.map((risk) => percentOr(coverage[risk], 'not certified'));

/** Share of requests that keep each bound where these tiers are asked in this order, each with its whole answer. */
function coverages({ tiers }: TextCalibration): (ids: readonly string[]) => Coverage {
  const bounds = createWalkBounds();
  return (ids) => {
    const walk = ids.map((id) => ({ rows: tiers.find(({ tier }) => tier === id)!.rows, isHeld: false }));
    const delta = deltaOfEach(ids.length);
    return Object.fromEntries(
      RISKS.map((maxRisk) => {
        const found = ids.flatMap((_, at) => bounds.certificate({ walk: walk.slice(0, at + 1), maxRisk, delta }) ?? []);
        return [maxRisk, found.length > 0 ? found.reduce((sum, { coverage }) => sum + coverage, 0) : null];
      }),
    );
  };
}
