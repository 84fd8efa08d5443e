import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HAS_CHROMIUM } from './support/chromium.js';
import { kioskOfThisSuite } from './support/kiosk-of-suite.js';
import { ANSWER_MS, KioskVisit } from './support/kiosk-visit.js';

const WORDS = ['The ', 'gate ', 'is ', 'on ', 'the ', 'left.'];

/** An OpenAI-compatible server that writes the same words always, or one and then no more until it is left. */
async function startWriter() {
  const asked: { readonly messages: readonly { readonly content: string }[] }[] = [];
  const state = { hangs: false, left: 0 };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', '*');
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    if (request.method === 'GET') {
      response.setHeader('content-type', 'application/json');
      return void response.end(JSON.stringify({ object: 'list', data: [{ id: 'writer', object: 'model' }] }));
    }
    let body = '';
    for await (const part of request) body += String(part);
    asked.push(JSON.parse(body) as (typeof asked)[number]);
    response.on('close', () => (state.left += response.writableEnded ? 0 : 1));
    response.setHeader('content-type', 'text/event-stream');
    const send = (choice: object): void =>
      void response.write(
        `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 0, model: 'writer', choices: [choice] })}\n\n`,
      );
    for (const [at, content] of WORDS.entries()) {
      if (state.hangs && at === 1) return;
      send({ index: 0, delta: { role: 'assistant', content }, finish_reason: null });
    }
    send({ index: 0, delta: {}, finish_reason: 'stop' });
    response.end('data: [DONE]\n\n');
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked, state };
}

describe.skipIf(!HAS_CHROMIUM)('the chat of the kiosk (needs Chromium)', { timeout: 90_000 }, () => {
  const kiosk = kioskOfThisSuite();

  it('is written by a server at the site where no model is here, and stops when it is told to', async () => {
    const writer = await startWriter();
    const visit = await KioskVisit.open(kiosk().profile, kiosk().site.url);
    const reach = await visit.panel('Further away');
    await reach.getByLabel('Address').fill(writer.url);
    await reach.getByLabel('Model name, for an OpenAI-compatible server').fill('writer');
    await reach.getByRole('button', { name: 'Check and add' }).click();
    await reach.getByText('Added as').waitFor();
    await visit.isReady();

    const chat = await visit.panel('Chat');
    const message = chat.getByLabel('Message');
    await message.fill('Where is the gate?');
    await message.press('Enter');
    await chat.getByText(WORDS.join('')).waitFor({ timeout: ANSWER_MS });
    await chat.getByText('Nobody has measured how sure this is.').waitFor();
    expect(await chat.getByRole('list', { name: 'Ladder of this answer' }).innerText()).toMatch(/wrote the answer/);

    writer.state.hangs = true;
    await message.fill('And the exit?');
    await message.press('Enter');
    await chat.getByText('The', { exact: true }).waitFor({ timeout: ANSWER_MS });
    await chat.getByRole('button', { name: 'Stop' }).click();
    await chat.getByText('Stopped. What was written stays.').waitFor();
    expect(await chat.getByRole('list', { name: 'Ladder of this answer' }).last().innerText()).toMatch(/was stopped/);
    await expect.poll(() => writer.state.left).toBe(1);
    expect(writer.asked.at(-1)?.messages.map(({ content }) => content)).toEqual([
      'Where is the gate?',
      WORDS.join(''),
      'And the exit?',
    ]);
    expect(await message.evaluate((input) => document.activeElement === input)).toBe(true);

    await chat.getByRole('button', { name: 'Clear the chat' }).click();
    expect(await chat.getByRole('listitem').count()).toBe(0);
  });

  it('says why there is no answer where nobody can write one', async () => {
    const visit = await KioskVisit.open(await kiosk().profile.browser()!.newContext(), kiosk().site.url);
    await visit.isReady();
    const chat = await visit.panel('Chat');
    await chat.getByLabel('Message').fill('hello');
    await chat.getByRole('button', { name: 'Send' }).click();
    await chat.getByRole('alert').waitFor({ timeout: ANSWER_MS });
    expect(await chat.getByRole('alert').innerText()).toMatch(/^There is no answer/);
    await chat.getByText('added under “Further away”').waitFor();
    // Whatever an address is in it, the message does not push the button out of sight.
    const isInside = await chat.evaluate((panel) => panel.scrollWidth <= panel.clientWidth);
    expect(isInside).toBe(true);
    await visit.page.context().close();
  });
});
