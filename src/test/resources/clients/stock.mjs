// The official client, unmodified, against the server named by the first argument. Prints what it did; exits with 1
// and a reason when anything is not as it should be.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';

const client = new OpenAI({ baseURL: `${process.argv[2]}/v1`, apiKey: 'none', maxRetries: 0 });
const [{ id: model }] = (await client.models.list()).data;
const wish = { model, max_output_tokens: 120, temperature: 1, seed: 11 };

const checks = {
    async models() {
        assert.equal((await client.models.retrieve(model)).id, model);
        await assert.rejects(client.models.retrieve('other'), { status: 404, code: 'model_not_found' });
    },

    async completions() {
        const request = { model, prompt: 'MIRA:', max_tokens: 50, seed: 3, logprobs: 2 };
        const whole = await client.completions.create(request);
        assert.equal(whole.choices[0].text.length, 50);
        assert.equal(whole.choices[0].finish_reason, 'length');
        assert.equal(whole.usage.total_tokens, 55);
        assert.equal(whole.choices[0].logprobs.tokens.join(''), whole.choices[0].text);
        let text = '';
        let usage;
        const stream = await client.completions.create({
            ...request, stream: true, stream_options: { include_usage: true },
        });
        for await (const chunk of stream) {
            text += chunk.choices[0]?.text ?? '';
            usage = chunk.usage ?? usage;
        }
        assert.equal(text, whole.choices[0].text);
        assert.deepEqual(usage, whole.usage);
    },

    async errors() {
        await assert.rejects(client.completions.create({ model, prompt: 'a', top_p: 7 }), error => {
            assert.ok(error instanceof OpenAI.BadRequestError);
            assert.equal(error.param, 'top_p');
            assert.equal(error.type, 'invalid_request_error');
            assert.match(error.message, /top_p must be above 0 and at most 1, but is 7/);
            return true;
        });
        await assert.rejects(client.responses.create({ model, input: 'a', tools: [{ type: 'web_search' }] }), {
            status: 400, param: 'tools',
        });
        await assert.rejects(client.responses.retrieve('resp_1'), { status: 404, code: 'not_stored' });
    },

    async responses() {
        const whole = await client.responses.create({ ...wish, input: 'MIRA:' });
        assert.equal(whole.output_text.length, 120);
        assert.equal(whole.incomplete_details.reason, 'max_output_tokens');
        let text = '';
        for await (const event of await client.responses.create({ ...wish, input: 'MIRA:', stream: true })) {
            text += event.type === 'response.output_text.delta' ? event.delta : '';
        }
        assert.equal(text, whole.output_text);
    },

    async helper() {
        const whole = await client.responses.create({ ...wish, input: 'MIRA:' });
        const stream = client.responses.stream({
            ...wish, input: 'MIRA:', include: ['message.output_text.logprobs'], top_logprobs: 3,
        });
        let text = '';
        stream.on('response.output_text.delta', event => {
            text += event.delta;
            assert.equal(event.snapshot, text);
            assert.equal(event.logprobs.map(one => one.token).join(''), event.delta);
            assert.ok(event.logprobs.every(one => one.top_logprobs.length === 3 && one.logprob < 0));
        });
        const final = await stream.finalResponse();
        assert.equal(text, whole.output_text);
        assert.equal(final.output_text, whole.output_text);
    },

    async resume() {
        const events = [];
        for await (const event of await client.responses.create({ ...wish, input: 'MIRA:', stream: true })) {
            events.push(event);
        }
        const text = some => some.map(event => event.delta ?? '').join('');
        const [{ ticket, response }] = events;
        const cut = Math.floor(events.length / 2);
        const starting_after = events[cut].sequence_number;
        for (const options of [{ query: { stream: true, starting_after, ticket } }]) {
            const rest = [];
            const stream = await client.responses.retrieve(response.id, { stream: true }, options);
            for await (const event of stream) {
                rest.push(event);
            }
            assert.equal(text(events.slice(0, cut + 1)) + text(rest), text(events));
            assert.deepEqual(rest.at(-1).response.output, events.at(-1).response.output);
        }
    },

    async websocket() {
        const whole = await client.responses.create({ ...wish, input: 'MIRA:' });
        const socket = new ResponsesWS(client);
        let text = '';
        const final = await new Promise((resolve, reject) => {
            socket.on('error', reject);
            socket.on('response.output_text.delta', event => (text += event.delta));
            socket.on('response.incomplete', event => resolve(event.response));
            socket.send({ type: 'response.create', ...wish, input: 'MIRA:' });
        });
        assert.equal(text, whole.output_text);
        assert.equal(final.output[0].content[0].text, text);
        const refused = await new Promise(resolve => {
            socket.on('error', resolve);
            socket.send({ type: 'response.create', model, input: 'a', temperature: 9 });
        });
        assert.equal(refused.error.error.param, 'temperature');
        socket.close();
    },
};

for (const [name, check] of Object.entries(checks)) {
    try {
        await check();
        console.log(`${name}: as it should be`);
    } catch (error) {
        console.log(`${name}: ${error.stack}`);
        process.exitCode = 1;
    }
}
