import { Template } from '@huggingface/jinja';
import { expect, it } from 'vitest';
import type { TemplateClass } from '../text-host.js';
import { createBoundedTemplate } from './bounded-template.js';

const render = (source: string, values = {}): string =>
  createBoundedTemplate(Template as TemplateClass, source)(values);

it('renders as the library does, however often', () => {
  const source =
    '{% macro m(x) %}<{{ x }}>{% endmacro %}{% for i in range(2, 9, 3) %}{% if i > 2 %}{{ m(i) }}{% else %}-{% endif %}' +
    '{% endfor %}{{ range(-3)|length }}{{ range(3, 0, -1)|join }}{{ m(x.range) }}';
  const values = { x: { range: 'y' } };
  const bounded = createBoundedTemplate(Template as TemplateClass, source);
  for (let i = 0; i < 3; i++) expect(bounded(values)).toBe(new Template(source).render(values));
  expect(bounded(values)).toBe('-<5><8>0321<y>');
});

it.each([
  ['loops in loops', '{% for a in range(999) %}{% for b in range(99) %}{% endfor %}{% endfor %}', 'too many steps'],
  [
    'macros that call themselves twice',
    '{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(60) }}',
    'too many steps',
  ],
  ['a range without end', '{% for a in range(1000000000000) %}{% endfor %}', 'too long'],
  ['a range by another name', '{% set r = range %}{% for a in r(1000000000000) %}{% endfor %}', 'too long'],
  ['a range in no steps', '{% for a in range(0, 9, 0) %}{% endfor %}', 'too long'],
  ['a macro that calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', 'Cannot call'],
])('ends %s', (_, source, message) => {
  expect(() => render(source)).toThrow(message);
});
