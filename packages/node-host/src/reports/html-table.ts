import { escapeHtml } from './escape-html.js';

export interface HtmlTable {
  readonly caption: string;
  readonly head: readonly string[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly string[])[];
}

/** A cell of more characters is a sentence, and goes over several lines. */
const LONG = 40;

export function htmlTable({ caption, head, rows }: HtmlTable): string {
  const heads = head.map((cell) => `<th scope="col">${isolated(cell)}</th>`).join('');
  const body = rows.map(([name = '', ...cells]) => {
    const rest = cells
      .map((cell) => `<td${cell.length > LONG ? ' class="text"' : ''}>${escapeHtml(cell)}</td>`)
      .join('');
    return `<tr><th scope="row">${isolated(name)}</th>${rest}</tr>`;
  });
  return `<div class="wide"><table><caption>${escapeHtml(caption)}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>`;
}

/** A name that is written from right to left turns nothing around it. */
export const isolated = (name: string): string => `<bdi>${escapeHtml(name)}</bdi>`;
