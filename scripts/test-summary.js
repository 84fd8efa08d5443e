// Ends a test run with one line that does not depend on the runner: `123 passed, 0 failed`.
// usage: node scripts/test-summary.js REPORT.json (Vitest's json reporter)
import { readFileSync } from 'node:fs';

const [, , file = ''] = process.argv;
const report = JSON.parse(readFileSync(file, 'utf8'));

const skipped = report.numPendingTests + report.numTodoTests;
// A file that cannot be imported holds no test that could fail, and must not end in "0 failed".
const brokenFiles = report.testResults.filter(
  (/** @type {{ status: string, assertionResults: unknown[] }} */ result) =>
    result.status === 'failed' && result.assertionResults.length === 0,
).length;
const failed = report.numFailedTests + brokenFiles;

if (skipped > 0) console.log(`${skipped} skipped: \`npm run provision\` names what they need`);
console.log(`${report.numPassedTests} passed, ${failed} failed`);
