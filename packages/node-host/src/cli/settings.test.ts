import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings, requestOf, runtimeOptions } from './settings.js';

let folder: string;
const before = process.cwd();

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'terrace-settings-')));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

const configure = (content: unknown): void =>
  writeFileSync('terrace.config.json', typeof content === 'string' ? content : JSON.stringify(content));
const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('readSettings', () => {
  const ENVIRONMENT = { TERRACE_HOME: '/env/home', TERRACE_MODELS_FOLDER: '/env/models', TERRACE_MEMORY: '2MiB' };
  const CONFIG = { home: '/config/home', models: '/config/models', memory: '3MiB' };
  const MIB = 2 ** 20;

  it('takes flags over the environment over the file', async () => {
    configure(CONFIG);
    const flags = { home: '/flag/home', models: '/flag/models', memory: MIB };
    expect(await readSettings(flags, ENVIRONMENT)).toEqual({
      home: '/flag/home',
      models: '/flag/models',
      memoryBytes: MIB,
      redaction: [],
      requireSignatures: false,
      learning: false,
      hub: 'https://huggingface.co',
      allowHttp: false,
      warnings: [],
    });
    expect(await readSettings({}, ENVIRONMENT)).toMatchObject({
      home: '/env/home',
      models: '/env/models',
      memoryBytes: 2 * MIB,
    });
    expect(await readSettings({}, {})).toMatchObject({
      home: '/config/home',
      models: '/config/models',
      memoryBytes: 3 * MIB,
    });
  });

  it('falls back to the folder for state of XDG, the shipped models and no limit of memory', async () => {
    const { home, models, memoryBytes } = await readSettings({}, { XDG_STATE_HOME: '/xdg' });
    expect(home).toBe('/xdg/terrace');
    expect(path.basename(models)).toBe('models');
    expect(memoryBytes).toBeUndefined();
    expect((await readSettings({}, {})).home).toBe(path.join(os.homedir(), '.local/state/terrace'));
  });

  it('takes the hub from the environment or the file', async () => {
    configure({ hub: 'https://mirror.example/' });
    expect((await readSettings({}, {})).hub).toBe('https://mirror.example');
    expect((await readSettings({}, { TERRACE_HUB: 'https://own.example' })).hub).toBe('https://own.example');
  });

  it('says that the token is kept from a hub that only the file names', async () => {
    configure({ hub: 'https://mirror.example/' });
    const { hubToken, warnings } = await readSettings({}, { HF_TOKEN: 'hf_secret' });
    expect(hubToken).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('HF_TOKEN is not sent to https://mirror.example')]);
    expect(warnings.join(' ')).not.toContain('hf_secret');
  });

  it('requires signatures when the environment, the file or that of the state folder says so', async () => {
    const home = path.join(folder, 'state');
    const required = async (TERRACE_REQUIRE_SIGNATURES = '') =>
      (await readSettings({ home }, { TERRACE_REQUIRE_SIGNATURES })).requireSignatures;
    expect(await required()).toBe(false);
    expect(await required('1')).toBe(true);
    configure({ requireSignatures: true });
    expect([await required(), await required('0')]).toEqual([true, true]);
    configure({ requireSignatures: false });
    mkdirSync(home);
    writeFileSync(path.join(home, 'terrace.config.json'), '{"requireSignatures": true}');
    expect([await required(), await required('0')]).toEqual([true, true]);
  });

  it('takes patterns to redact from both files, the last one of a name', async () => {
    const home = path.join(folder, 'state');
    const [order, badge] = ['A-[0-9]{6}', 'B-[0-9]{4}'].map((pattern, i) => ({
      name: ['order', 'badge'][i]!,
      pattern,
    }));
    configure({ redaction: [order] });
    mkdirSync(home);
    const own = { ...order, pattern: 'C-[0-9]{6}' };
    writeFileSync(path.join(home, 'terrace.config.json'), JSON.stringify({ redaction: [own, badge] }));
    expect((await readSettings({ home }, {})).redaction).toEqual([own, badge]);
    configure({ redaction: [{ name: 'order', pattern: '(' }] });
    expect(await reasonOf(readSettings({ home }, {}))).toMatchObject({ code: 'INVALID_CATALOG' });
  });

  it('takes an empty variable for none', async () => {
    configure(CONFIG);
    const empty = { TERRACE_HOME: '', TERRACE_MODELS_FOLDER: '', TERRACE_MEMORY: '' };
    expect(await readSettings({}, empty)).toMatchObject({ home: '/config/home', models: '/config/models' });
  });

  it('reads folders from where it is', async () => {
    expect(await readSettings({ home: 'state', models: '../models' }, {})).toMatchObject({
      home: path.join(folder, 'state'),
      models: path.join(folder, '../models'),
    });
  });

  it('warns of a setting that nobody knows', async () => {
    configure({ ...CONFIG, colour: 'green' });
    expect((await readSettings({}, {})).warnings).toEqual(['unknown field colour was ignored']);
  });

  it('refuses a file that is not JSON or has a wrong setting, and a memory that is no size', async () => {
    configure('not json');
    expect(await reasonOf(readSettings({}, {}))).toMatchObject({ code: 'INVALID_CATALOG' });
    configure({ home: 7 });
    expect(await reasonOf(readSettings({}, {}))).toMatchObject({ code: 'INVALID_CATALOG', facts: { path: 'home' } });
    configure({ memory: 'lots' });
    expect(await reasonOf(readSettings({}, {}))).toMatchObject({ code: 'INVALID_REQUEST' });
  });
});

describe('learning', () => {
  it('is on where somebody says so in plain words, and off otherwise: it keeps texts', async () => {
    const isOn = async (TERRACE_LEARNING?: string) =>
      (await readSettings({}, { ...(TERRACE_LEARNING !== undefined && { TERRACE_LEARNING }) })).learning;
    configure({});
    expect(await Promise.all([undefined, '', '1', 'on', '0', 'off', 'perhaps'].map(isOn))).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
    configure({ learning: true });
    expect([await isOn(), await isOn('0')]).toEqual([true, false]);
  });
});

describe('runtimeOptions', () => {
  const settings = {
    home: '/home',
    models: '/models',
    memoryBytes: undefined,
    requireSignatures: false,
    redaction: [],
    learning: false,
    cache: undefined,
    hub: 'https://hub.example',
    hubToken: undefined,
    allowHttp: false,
    warnings: [],
  };

  it('names what is set and nothing else', () => {
    expect(runtimeOptions(settings)).toEqual({
      home: '/home',
      modelsFolder: '/models',
      requireSignatures: false,
      redaction: [],
      learning: false,
      hub: { hub: 'https://hub.example', hubToken: undefined, allowHttp: false },
      onFailure: expect.any(Function) as unknown,
      onBudgetAlert: expect.any(Function) as unknown,
    });
    expect(runtimeOptions({ ...settings, memoryBytes: 7 }, 'calibration.json')).toMatchObject({
      memoryBytes: 7,
      calibrationFile: path.join(folder, 'calibration.json'),
    });
  });
});

describe('requestOf', () => {
  it('turns flags into a request, with the names of the request', () => {
    const flags = {
      json: true,
      home: '/home',
      domain: 'clinc150',
      subDomain: 'banking',
      maxRisk: 0.02,
      minConfidence: 0.5,
      maxCost: 0,
      deadline: 50,
      residency: 'device',
      policy: 'base',
      calibration: 'file.json',
    };
    expect(requestOf(flags)).toEqual({
      domain: 'clinc150',
      subDomain: 'banking',
      maxRisk: 0.02,
      minConfidence: 0.5,
      maxCostUsd: 0,
      deadlineMs: 50,
      residency: 'device',
      policy: 'base',
    });
  });

  it('leaves out what was not given', () => expect(requestOf({ json: true })).toEqual({}));
});
