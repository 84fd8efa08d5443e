import type { BrowserRuntime, DeviceProfile } from '@terrace/browser-host';
import { useEffect, useState } from 'preact/hooks';
import { DemandSelect } from '../desks/demand-select.js';
import { DEMAND_OF } from '../desks/demands.js';
import { useKiosk, useSettings, useTexts } from '../kiosk/kiosk.js';
import { useValue } from '../state/use-value.js';
import { Facts } from '../ui/facts.js';
import { Failure } from '../ui/failure.js';
import { deviceFacts, whyRefused } from './device-facts.js';

type Recommendation = Awaited<ReturnType<BrowserRuntime['recommend']>>;

interface Looked {
  readonly profile: DeviceProfile;
  readonly recommendation: Recommendation;
}

/** What the device offers, which rungs it gets, and what was refused and why. */
export function DevicePanel() {
  const { session, conversation } = useKiosk();
  const settings = useSettings();
  const state = useValue(session.state);
  const isOffline = useValue(session.isOffline);
  const { requests } = useValue(conversation.latencies);
  const { texts, format } = useTexts();
  const [looked, setLooked] = useState<Looked>();
  const [error, setError] = useState<unknown>();

  useEffect(() => {
    if (state.kind !== 'ready') return undefined;
    let isOver = false;
    const look = async (): Promise<void> => {
      const { runtime } = await session.opened();
      const [profile, recommendation] = await Promise.all([
        runtime.profile(),
        runtime.recommend({ domain: settings.desk, ...DEMAND_OF[settings.demand] }),
      ]);
      if (!isOver) setLooked({ profile, recommendation });
    };
    setError(undefined);
    look().catch((thrown: unknown) => isOver || setError(thrown));
    return () => void (isOver = true);
  }, [state.kind, isOffline, requests, settings.desk, settings.demand]);

  if (error !== undefined) return <Failure error={error} />;
  if (!looked) return <p>{texts.measuring}</p>;
  const { profile, recommendation } = looked;
  return (
    <>
      <Facts rows={deviceFacts(profile, { texts, format })} />
      <h3>{texts.ladder}</h3>
      <DemandSelect />
      <Ladder ladder={recommendation.ladder} />
      <h3>{texts.refused}</h3>
      <Refusals profile={profile} rejected={recommendation.rejected} />
      <Warnings profile={profile} />
    </>
  );
}

function Ladder({ ladder }: Pick<Recommendation, 'ladder'>) {
  const { texts, format } = useTexts();
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={texts.ladder}>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.tier}</th>
            <th scope="col">{texts.by}</th>
            <th scope="col">{texts.time}</th>
            <th scope="col">{texts.memoryNeeded}</th>
            <th scope="col">{texts.quality}</th>
          </tr>
        </thead>
        <tbody>
          {ladder.map(({ tier, estimate }) => (
            <tr key={tier.id}>
              <th scope="row">{tier.id}</th>
              <td>
                {tier.kind === 'local'
                  ? `${estimate.provider} ${tier.variant.dtype}`
                  : texts.placed[tier.endpoint.placement]}
              </td>
              <td>
                {format.ms(estimate.latencyMs)} <small>{texts[estimate.basis]}</small>
              </td>
              <td>{estimate.memoryBytes > 0 ? format.bytes(estimate.memoryBytes) : '–'}</td>
              <td>{estimate.quality === undefined ? '–' : format.percent(estimate.quality)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Refusals({
  profile,
  rejected,
}: {
  readonly profile: DeviceProfile;
  readonly rejected: Recommendation['rejected'];
}) {
  const { texts, language } = useTexts();
  /** What the runtime says is English: a page in another language says the reason alone. */
  const isEnglish = language === 'en';
  const { refusedProviders = [] } = profile;
  if (refusedProviders.length + rejected.length === 0) return <p>{texts.nothingRefused}</p>;
  return (
    <ul class="refusals">
      {refusedProviders.map(({ id, reason }) => (
        <li key={id}>
          <strong>{id}</strong> {texts.refusedProviders[whyRefused(id, profile)]}
          {isEnglish && <small>{reason}</small>}
        </li>
      ))}
      {rejected.map(({ tier, variant, code, message }) => (
        <li key={`${tier} ${variant} ${code}`}>
          <strong>
            {tier} {variant}
          </strong>{' '}
          {texts.refusals[code] ?? code}
          {isEnglish && <small>{message}</small>}
        </li>
      ))}
    </ul>
  );
}

function Warnings({ profile }: { readonly profile: DeviceProfile }) {
  const { session } = useKiosk();
  const told = useValue(session.warnings);
  const { texts } = useTexts();
  const warnings = [...new Set([...(profile.warnings ?? []), ...told])];
  if (warnings.length === 0) return null;
  return (
    <>
      <h3>{texts.warnings}</h3>
      <ul class="refusals" lang="en">
        {warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </>
  );
}
