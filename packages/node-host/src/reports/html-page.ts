import { escapeHtml } from './escape-html.js';
import { DARK, LIGHT } from './palette.js';

export interface HtmlPage {
  readonly title: string;
  /** One sentence a paragraph, as text. */
  readonly lead: readonly string[];
  readonly sections: readonly HtmlSection[];
}

export interface HtmlSection {
  readonly title: string;
  /** What there is to see, as text. */
  readonly text: string;
  /** HTML: plots and tables. */
  readonly parts: readonly string[];
}

const seriesOf = (colors: readonly string[]): string =>
  colors.map((color, index) => `--series-${index + 1}:${color}`).join(';');

const LIGHT_COLORS = `--paper:#fff;--ink:#1b1d22;--soft:#5c626c;--line:#d9dce2;${seriesOf(LIGHT)}`;
const DARK_COLORS = `--paper:#15171c;--ink:#e8e9ec;--soft:#a3a9b3;--line:#363b45;${seriesOf(DARK)}`;

const STYLE = `
:root{color-scheme:light dark;${LIGHT_COLORS}}
@media (prefers-color-scheme:dark){:root{${DARK_COLORS}}}
@media print{:root{color-scheme:light;${LIGHT_COLORS}}section,figure,tr{break-inside:avoid}}
body{margin:0 auto;max-width:64rem;padding:1.5rem;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
background:var(--paper);color:var(--ink)}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.5rem}h3{font-size:1rem;margin-bottom:.25rem}
h1,h2,h3,caption,li{overflow-wrap:anywhere}
p{max-width:46rem}figure{margin:1rem 0}figure svg{max-width:100%;height:auto}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;padding:0;margin:.5rem 0;font-size:.85rem}
.legend svg{vertical-align:-2px;margin-right:.4rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;margin:.75rem 0}
caption{text-align:left;color:var(--soft);padding-bottom:.25rem}
th,td{padding:.2rem .75rem;text-align:right;border-bottom:1px solid var(--line);vertical-align:top;white-space:pre}
th:first-child{text-align:left}tbody th{font-weight:400;white-space:normal;overflow-wrap:anywhere;min-width:8rem;max-width:24rem}
td.text{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:16rem}
`;

/** A file of its own: no script, nothing from anywhere else; light or dark as its reader has it, and light on paper. */
export function htmlPage({ title, lead, sections }: HtmlPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${lead.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')}
${sections.map(sectionOf).join('\n')}
</body>
</html>
`;
}

const sectionOf = ({ title, text, parts }: HtmlSection): string => `<section>
<h2>${escapeHtml(title)}</h2>
<p>${escapeHtml(text)}</p>
${parts.join('\n')}
</section>`;

/** A plot with what its series are; a sentence where there was nothing to draw. */
export const figure = (svg: string | undefined, legendHtml = ''): string =>
  svg === undefined
    ? '<p>There is nothing to draw: no value is a finite number.</p>'
    : `<figure>${svg.replace('<svg ', '<svg role="img" ')}${legendHtml}</figure>`;
