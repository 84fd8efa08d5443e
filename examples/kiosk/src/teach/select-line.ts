/** Marks a line of what was written, and brings it into view. @param line from 1 */
export function selectLine(field: HTMLTextAreaElement, line: number): void {
  const lines = field.value.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
  field.focus();
  field.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  // Lines are not wrapped: all are of one height.
  field.scrollTop = (field.scrollHeight * Math.max(0, line - 2)) / lines.length;
  field.scrollLeft = 0;
}
