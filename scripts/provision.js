// Gets the machine ready for `npm test`: installs missing Debian packages when it may, and otherwise names what
// will be skipped and how to get it. Nothing here is needed to run Terrace itself, and nothing here fails the
// tests except a Node that is too old to run them.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const OLDEST_NODE = [20, 19];

/** Debian packages the tests need, with the reason. Node's own binaries already bring most of it. */
const DEBIAN_PACKAGES = [
  { name: 'libstdc++6', why: 'onnxruntime-node is linked against it' },
  { name: 'chromium', why: 'the browser runtime is tested in it' },
  { name: 'firefox-esr', why: 'the WebAssembly ladder of the browser runtime is tested in it as well' },
  { name: 'fonts-ipafont-gothic', why: 'the layout of the kiosk is tested in Japanese' },
];

/** What tests read from outside the repository. They skip by name when it is missing. */
const INPUTS = [
  {
    variable: 'TERRACE_DATA',
    holds: 'clinc150/val.jsonl',
    skipped: 'accuracy, calibration and risk tests on CLINC150 and banking77',
    fix: 'a folder with clinc150/{train,val,oos-train,oos-val}.jsonl and banking77/train.jsonl, one {"text","label"} a line (sources: models/README.md)',
  },
  {
    variable: 'TERRACE_MODELS',
    holds: 'peer-minilm-int8/onnx/model_quantized.onnx',
    skipped: 'side-by-side tests and benchmarks against @huggingface/transformers',
    fix: 'a folder with peer-minilm-int8/: all-MiniLM-L6-v2 in transformers.js layout with onnx/model_quantized.onnx (int8)',
  },
  {
    variable: 'TERRACE_TEXT_MODEL',
    holds: 'onnx/model_q4.onnx',
    skipped: 'text generation tests',
    fix: 'a folder with SmolLM2-135M-Instruct in transformers.js layout (tokenizer.json, config.json, onnx/model_q4.onnx)',
  },
];

/** As in test/support/chromium.ts and test/support/firefox.ts. */
const CHROMIUM = process.env['TERRACE_CHROMIUM'] ?? '/usr/bin/chromium';
const FIREFOX = process.env['TERRACE_FIREFOX'] ?? '/usr/bin/firefox-esr';
const BROWSER_START_MS = 60_000;

checkNode();
provideDebianPackages();
reportBrowser();
reportFirefox();
reportInputs();

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  console.error(`Node ${process.versions.node} is too old: Terrace needs ${OLDEST_NODE.join('.')} or later.`);
  process.exit(1);
}

function provideDebianPackages() {
  if (!isDebian()) return;
  const missing = DEBIAN_PACKAGES.filter(({ name }) => !isInstalled(name));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  const command = `apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (process.getuid?.() === 0) {
    console.log(`provision: installing ${names.join(', ')}`);
    runApt(['update']);
    runApt(['install', '-y', '--no-install-recommends', ...names]);
  }
  for (const { name, why } of missing.filter((entry) => !isInstalled(entry.name))) {
    console.log(`provision: ${name} is missing (${why}); get it with: sudo ${command}`);
  }
}

function isDebian() {
  if (!existsSync('/etc/os-release')) return false;
  return /^(ID|ID_LIKE)=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** @param {string} name */
function isInstalled(name) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f=${Status}', name], { encoding: 'utf8' });
  return stdout?.startsWith('install ok installed') ?? false;
}

/** A failed install is reported by what is still missing, not by an exit code. @param {string[]} args */
function runApt(args) {
  spawnSync('apt-get', ['-q', ...args], {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** Whether the browser that tests of pages use is there and starts, without a screen and for whoever runs them. */
function reportBrowser() {
  const skipped = 'tests of the browser runtime';
  if (!existsSync(CHROMIUM)) {
    const fix = 'install Chromium (Debian: the package chromium), or set TERRACE_CHROMIUM to the program';
    console.log(`provision: there is no ${CHROMIUM}; skipped: ${skipped}\n           to run them, ${fix}`);
    return;
  }
  const flags = ['--headless', '--no-sandbox', '--dump-dom', 'data:text/html,<title>here</title>'];
  const { stdout, stderr, error, status } = spawnSync(CHROMIUM, flags, { encoding: 'utf8', timeout: BROWSER_START_MS });
  if (stdout?.includes('<title>here</title>')) return;
  const why = error?.message ?? (stderr.trim().split('\n').at(-1) || `it ends with ${status}`);
  console.log(`provision: ${CHROMIUM} does not start (${why}); ${skipped} will fail`);
}

/** Firefox only where it is missing: that it starts takes it seconds to say, and its tests say so as well. */
function reportFirefox() {
  if (existsSync(FIREFOX)) return;
  const fix = 'install Firefox (Debian: the package firefox-esr), or set TERRACE_FIREFOX to the program';
  console.log(
    `provision: there is no ${FIREFOX}; skipped: tests of the browser runtime in Firefox\n           to run them, ${fix}`,
  );
}

function reportInputs() {
  for (const { variable, holds, skipped, fix } of INPUTS) {
    const folder = process.env[variable];
    if (folder && existsSync(`${folder}/${holds}`)) continue;
    const state = folder ? `has no ${holds} (${folder})` : 'is not set';
    console.log(`provision: ${variable} ${state}; skipped: ${skipped}\n           to run them, point it at ${fix}`);
  }
}
