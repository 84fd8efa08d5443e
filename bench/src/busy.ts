/** Keeps one core busy for some seconds, or until it is killed. */
const untilMs = performance.now() + 10_000;
let spins = 0;
while (performance.now() < untilMs) spins++;
console.assert(spins > 0);
