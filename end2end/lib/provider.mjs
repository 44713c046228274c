// A provider that the company runs itself: OpenAI's wire format on loopback, which insists on its own credential.

import { createServer } from 'node:http';

export async function startProvider({ credential, models }) {
  const seen = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    seen.push({ path: request.url, headers: request.headers, body });
    const answer = (status, json) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    };
    if (request.headers.authorization !== `Bearer ${credential}`) {
      return answer(401, { error: { message: 'Incorrect API key provided', type: 'invalid_request_error', code: 'invalid_api_key' } });
    }
    if (request.url === '/v1/models') {
      return answer(200, { object: 'list', data: models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'us' })) });
    }
    if (request.url === '/v1/chat/completions') {
      return answer(200, {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 0,
        model: JSON.parse(body).model,
        choices: [{ index: 0, message: { role: 'assistant', content: 'Hello from our own machine' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
      });
    }
    return answer(404, { error: { message: 'no such path', type: 'invalid_request_error', code: null } });
  });
  await new Promise((done, failed) => server.once('error', failed).listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    seen,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
