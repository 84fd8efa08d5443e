import { describe, expect, it } from 'vitest';
import { StructureUnmetError } from '../../errors/structure-unmet-error.js';
import { DEFAULT_GENERATION } from '../../tasks/text-generation/generation.js';
import { askingForText, counts, ends, says, streamOf, textOf } from '../../testing/remote-text-world.js';

describe('text by an OpenAI-compatible endpoint', () => {
  it('comes piece by piece, with log-probabilities, usage and price', async () => {
    const { ask, fake, costUsd } = askingForText(
      streamOf([says('I am ', -0.5), says('a model', -9999), ends(), counts, '[DONE]']),
    );
    const { pieces, end } = await ask({ temperature: 0.5, seed: 7, stop: ['x'], maxTokens: 32 });
    expect(pieces).toEqual([
      { choice: 0, text: 'I am ', logProbs: [-0.5] },
      { choice: 0, text: 'a model', logProbs: [-100] },
    ]);
    expect(end).toEqual({
      choices: [{ role: 'assistant', text: 'I am a model', toolCalls: [], finishReason: 'stop' }],
      usage: { inputTokens: 1000, cachedTokens: 0, outputTokens: 500 },
      trimmedMessages: 0,
      timings: undefined,
    });
    expect(costUsd()).toBeCloseTo(0.002, 9);
    expect(fake.bodyOf(0)).toEqual({
      model: 'large',
      messages: [{ role: 'user', content: 'Who are you?' }],
      max_tokens: 32,
      temperature: 0.5,
      seed: 7,
      stop: ['x'],
      logprobs: true,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('has the same shape from a server that answers whole', async () => {
    const message = { role: 'assistant', content: 'I am a model' };
    const { ask } = askingForText({
      body: { choices: [{ message, finish_reason: 'length' }], usage: { prompt_tokens: 3 } },
    });
    const { pieces, end } = await ask();
    expect(textOf(pieces)).toBe('I am a model');
    expect(end).toMatchObject({ choices: [{ finishReason: 'length' }], usage: { inputTokens: 3, outputTokens: 1 } });
  });

  it('is asked of an adapter by its name', async () => {
    const { ask, fake } = askingForText(streamOf([says('x'), ends()]));
    await ask({}, { model: 'adapter-1' });
    expect(fake.bodyOf(0)).toMatchObject({ model: 'adapter-1' });
  });

  it('tells several answers and tokens apart', async () => {
    const top = [{ token: 'a', logprob: -0.1 }];
    const scored = { content: [{ token: 'a', logprob: -0.1, top_logprobs: top }] };
    const { ask } = askingForText(
      streamOf([
        { choices: [{ index: 1, delta: { content: 'b' } }] },
        { choices: [{ index: 0, delta: { content: 'a' }, logprobs: scored }] },
        ends('stop', 0),
        ends('length', 1),
      ]),
    );
    const { pieces, end } = await ask({ n: 2, topLogProbs: 1 });
    expect(pieces).toEqual([
      { choice: 1, text: 'b', logProbs: [] },
      {
        choice: 0,
        text: 'a',
        logProbs: [-0.1],
        tokens: [{ token: 'a', logProb: -0.1, top: [{ token: 'a', logProb: -0.1 }] }],
      },
    ]);
    expect(end.choices.map(({ text, finishReason }) => [text, finishReason])).toEqual([
      ['a', 'stop'],
      ['b', 'length'],
    ]);
  });

  it('has calls of tools, put together from pieces', async () => {
    const call = (delta: object) => ({ choices: [{ index: 0, delta: { tool_calls: [delta] } }] });
    const { ask, fake } = askingForText(
      streamOf([
        call({ index: 0, id: 'c1', function: { name: 'look', arguments: '{"a"' } }),
        call({ index: 0, function: { arguments: ':1}' } }),
        ends('tool_calls'),
        '[DONE]',
      ]),
    );
    const tool = { name: 'look', parameters: { type: 'object' } };
    const { end } = await ask({}, { tools: [tool] });
    expect(end.choices[0]).toMatchObject({
      finishReason: 'tool-calls',
      toolCalls: [{ id: 'c1', name: 'look', arguments: '{"a":1}' }],
    });
    expect(fake.bodyOf(0)).toMatchObject({ tools: [{ type: 'function', function: tool }] });
  });

  it('leaves without what must not leave, which stands in the answer again', async () => {
    const { ask, fake, redacted } = askingForText(streamOf([says('To [EMA'), says('IL_1]!'), ends(), '[DONE]']), {
      placement: 'cloud',
    });
    const { pieces } = await ask({}, { messages: [{ role: 'user', content: 'I am jo@example.com' }] });
    expect(fake.bodyOf(0)).toMatchObject({ messages: [{ content: 'I am [EMAIL_1]' }] });
    expect(textOf(pieces)).toBe('To jo@example.com!');
    expect(redacted).toEqual([{ email: 1 }]);
  });
});

it('an endpoint whose streams break off is asked no more, however well they begin', async () => {
  const { ask } = askingForText(streamOf([says('I am')], { breaksWith: new Error('reset') }));
  for (let i = 0; i < 5; i++) await expect(ask()).rejects.toMatchObject({ facts: { phase: 'answer' } });
  await new Promise((resolve) => void setTimeout(resolve, 0));
  await expect(ask()).rejects.toMatchObject({ facts: { phase: 'held' } });
});

describe('what a server does not take', () => {
  const refusing = (refuses: (body: Record<string, unknown>) => boolean) =>
    askingForText((body) => (refuses(body) ? { status: 400 } : streamOf([says('"yes"'), ends(), '[DONE]'])));

  it('is found out once, and left out from then on', async () => {
    const { ask, fake } = refusing((body) => 'logprobs' in body);
    await ask();
    await ask();
    expect(fake.requests).toHaveLength(3);
    expect(fake.bodyOf(2)).not.toHaveProperty('logprobs');
    expect(fake.bodyOf(2)).toHaveProperty('temperature');
  });

  it('leaves log-probabilities in where something else is refused', async () => {
    const { ask, fake } = refusing((body) => 'stream_options' in body);
    await ask();
    expect(fake.bodyOf(fake.requests.length - 1)).toMatchObject({ logprobs: true, max_tokens: 256 });
  });

  it('may be several things', async () => {
    const { ask, fake } = refusing((body) => 'logprobs' in body || 'max_tokens' in body);
    await ask();
    expect(fake.bodyOf(fake.requests.length - 1)).toMatchObject({ max_completion_tokens: 4352 });
  });

  it('is no more than it has to be', async () => {
    const { ask, fake } = refusing((body) => 'logprobs' in body || 'continue_final_message' in body);
    await ask({}, { prefix: 'so it' });
    const body = fake.bodyOf(fake.requests.length - 1);
    expect(body).toMatchObject({ max_tokens: 256, temperature: 0, stream_options: {} });
  });

  it('is asked for in words where it is a schema', async () => {
    const { ask, fake } = refusing((body) => 'response_format' in body);
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    await ask({ format: { kind: 'schema', schema } });
    const { messages } = fake.bodyOf(fake.requests.length - 1) as { messages: { role: string; content: string }[] };
    expect(messages[0]).toMatchObject({ role: 'system' });
    expect(messages[0]!.content).toContain(JSON.stringify(schema));
  });

  it('is not looked for again when a chat itself is refused', async () => {
    let isWell = true;
    const { ask, fake } = refusing(() => !isWell);
    await ask();
    isWell = false;
    await expect(ask()).rejects.toMatchObject({ code: 'ENDPOINT_REFUSED' });
    expect(fake.requests).toHaveLength(2);
  });
});

describe('an answer that is gone on with', () => {
  it('is continued by a server that can', async () => {
    const { ask, fake } = askingForText(streamOf([says(' on the mat.'), ends(), '[DONE]']));
    const { pieces } = await ask({}, { prefix: 'The cat sat' });
    expect(textOf(pieces)).toBe(' on the mat.');
    expect(fake.bodyOf(0)).toMatchObject({
      continue_final_message: true,
      add_generation_prompt: false,
      messages: [{ role: 'user' }, { role: 'assistant', content: 'The cat sat' }],
    });
  });

  it('is gone on with in words where it is to be JSON: whoever keeps to a schema begins anew', async () => {
    const { ask, fake } = askingForText(streamOf([says('1}'), ends(), '[DONE]']));
    const { pieces } = await ask({ format: { kind: 'json' } }, { prefix: '{"a":' });
    expect(textOf(pieces)).toBe('1}');
    expect(fake.bodyOf(0)).not.toHaveProperty('response_format');
    expect(fake.bodyOf(0)).toMatchObject({ messages: [{ role: 'system' }, { role: 'user' }, { role: 'assistant' }] });
  });

  it('is asked for from another, and what that repeats is cut', async () => {
    const { ask, fake } = askingForText((body) =>
      'continue_final_message' in body
        ? { status: 422 }
        : streamOf([says('cat'), says(' sat on'), says(' the mat.'), ends(), '[DONE]']),
    );
    const { pieces, end } = await ask({}, { prefix: 'The cat sat' });
    expect(textOf(pieces)).toBe(' on the mat.');
    expect(end.choices[0]!.text).toBe(' on the mat.');
    expect(fake.bodyOf(fake.requests.length - 1)).toMatchObject({
      messages: [{ role: 'user' }, { role: 'assistant', content: 'The cat sat' }, { role: 'user' }],
    });
  });
});

describe('one value of a list', () => {
  const format = { kind: 'enum', values: ['yes', 'no'] } as const;

  it('is taken out of its object, with how sure its tokens are', async () => {
    const { ask, fake } = askingForText(
      streamOf([says('{"label":', -1), says('"', -1), says('yes', -0.2), says('"}', -1), ends(), '[DONE]']),
    );
    const { pieces, end } = await ask({ format });
    expect(pieces).toEqual([{ choice: 0, text: 'yes', logProbs: [expect.closeTo(-0.2)] }]);
    expect(end.choices[0]!.text).toBe('yes');
    expect(fake.bodyOf(0)).toMatchObject({
      response_format: { json_schema: { strict: true, schema: { properties: { label: { enum: ['yes', 'no'] } } } } },
    });
  });

  it('is a failure of its own when it is none of them', async () => {
    const { ask } = askingForText(streamOf([says('{"label":"maybe"}'), ends(), '[DONE]']));
    await expect(ask({ format })).rejects.toBeInstanceOf(StructureUnmetError);
  });
});

describe('whoever has enough', () => {
  it('ends the exchange by leaving, and pays for what came', async () => {
    const { text, fake } = askingForText(streamOf([says('a'), says('b'), says('c'), ends()]));
    let costUsd = 0;
    const stream = text.stream(
      {
        messages: [{ role: 'user', content: 'x' }],
        tools: [],
        prefix: '',
        generation: DEFAULT_GENERATION,
        model: 'large',
        requestId: 'r',
        key: undefined,
        onCall: (cost) => void (costUsd += cost.costUsd),
        onRedacted: () => undefined,
      },
      undefined,
    );
    await stream.next();
    const sent = costUsd;
    await stream.return(undefined as never);
    expect(fake.openBodies()).toBe(0);
    expect(costUsd).toBeGreaterThan(sent);
  });

  it('ends it by its signal, with its reason', async () => {
    const { ask, fake } = askingForText('silent body');
    const over = new AbortController();
    const asked = ask({}, {}, over.signal);
    setTimeout(() => over.abort(new Error('enough')), 5);
    await expect(asked).rejects.toThrow('enough');
    expect(fake.openBodies()).toBe(0);
  });
});
