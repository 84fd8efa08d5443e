import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { beginVisit, type PageVisit } from './page-visit.js';

const notes = (): string[] => Object.keys(localStorage).filter((key) => key.startsWith('terrace-left-'));
const begin = (): PageVisit => {
  const visit = beginVisit();
  onTestFinished(() => visit.leave());
  return visit;
};
const show = (type: 'pagehide' | 'pageshow'): boolean => dispatchEvent(new PageTransitionEvent(type));

describe('a page with a runtime of its own', () => {
  beforeEach(() => localStorage.clear());

  it('notes that the user leaves, and the next one knows', () => {
    const { owner, left } = begin();
    expect(left).toEqual([]);
    expect(notes()).toEqual([]);
    show('pagehide');
    expect(begin().left).toEqual([owner]);
  });

  it('takes it back when the user returns to it, and when it goes on after it was frozen', () => {
    begin();
    show('pagehide');
    expect(notes()).toHaveLength(1);
    show('pageshow');
    expect(notes()).toEqual([]);
    document.dispatchEvent(new Event('freeze'));
    expect(notes()).toHaveLength(1);
    document.dispatchEvent(new Event('resume'));
    expect(notes()).toEqual([]);
  });

  it('notes an end that it makes itself, and nothing of the kind later', () => {
    const visit = begin();
    visit.leave();
    expect(notes()).toEqual([`terrace-left-${visit.owner}`]);
    show('pageshow');
    expect(notes()).toHaveLength(1);
  });

  it('notes nothing of a runtime that has ended', () => {
    const visit = begin();
    visit.end();
    visit.leave();
    show('pagehide');
    expect(notes()).toEqual([]);
  });

  it('is called as no other', () => {
    expect(begin().owner).not.toBe(begin().owner);
  });

  it('keeps the newest notes, of its own kind alone, and tells of all', () => {
    localStorage.setItem('another', '1');
    for (let i = 10; i < 30; i++) localStorage.setItem(`terrace-left-17000000000${i}-x`, '');
    expect(begin().left).toHaveLength(20);
    expect(notes().toSorted()).toEqual(Array.from({ length: 16 }, (_, i) => `terrace-left-17000000000${i + 14}-x`));
    expect(localStorage.getItem('another')).toBe('1');
  });

  it('does without where the browser lets it store nothing', () => {
    const refuse = (): never => {
      throw new DOMException('not for this site', 'SecurityError');
    };
    vi.spyOn(window, 'localStorage', 'get').mockImplementation(refuse);
    onTestFinished(() => void vi.restoreAllMocks());
    const visit = begin();
    expect(visit.left).toEqual([]);
    show('pagehide');
    visit.leave();
  });
});
