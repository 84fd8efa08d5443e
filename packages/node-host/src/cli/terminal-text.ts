/**
 * What a terminal may be sent of a stranger's text: its control characters, and those that turn the direction of
 * writing, would draw over what is there or hide it. Line feeds and tabs stay.
 */
export const terminalText = (text: string): string =>
  text.replace(/[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '');
