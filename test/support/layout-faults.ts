/** What is wrong with how a page is laid out, in words. Runs in the page. @param isTouch fingers need 44 px */
export function layoutFaults(isTouch: boolean): string[] {
  const inWords = (element: Element): string =>
    `<${element.tagName.toLowerCase()} class="${element.className}"> ${(element.textContent ?? '').trim().slice(0, 60)}`;
  const { scrollWidth, clientWidth } = document.documentElement;
  const wide = scrollWidth > clientWidth ? [`the page is ${scrollWidth} px wide, and ${clientWidth} can be seen`] : [];

  const isShown = (element: Element): boolean =>
    element.checkVisibility() && element.closest('.quietly, .skip, svg, option') === null;
  const hasText = ({ childNodes }: Element): boolean =>
    [...childNodes].some(({ nodeType, data }: ChildNode & { data?: string }) => nodeType === 3 && data?.trim() !== '');
  const isCut = (element: Element): boolean => {
    const { overflowX, overflowY } = getComputedStyle(element);
    const { left, right } = element.getBoundingClientRect();
    const isOutside = (left < -1 || right > clientWidth + 1) && element.closest('.scroll') === null;
    const isClipped =
      (overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1) ||
      (overflowY !== 'visible' && element.scrollHeight > element.clientHeight + 1);
    const isWiderThanButton = element.matches('button') && element.scrollWidth > element.clientWidth + 1;
    return isOutside || isClipped || isWiderThanButton;
  };
  const shown = [...document.querySelectorAll('body *')].filter(isShown);
  const cut = shown.filter((element) => hasText(element) && isCut(element)).map((each) => `cut: ${inWords(each)}`);

  const small = shown
    .filter((element) => isTouch && element.matches('button, select, input, summary, a[href]'))
    .map((element) => element.closest('label') ?? element)
    .filter((target) => {
      const { width, height } = target.getBoundingClientRect();
      return Math.round(width) < 44 || Math.round(height) < 44;
    })
    .map((each) => `too small for a finger: ${inWords(each)}`);
  return [...wide, ...cut, ...small];
}
