// An identity provider that we did not write: `oidc-provider`, certified for OpenID Connect, on loopback over TLS.
//
// It insists on PKCE, signs with a key made for this run, and asks who one is on one plain page. `tamper` lets a test
// stand between the browser and it, as an attacker or a broken proxy would: it sees the parameters of an authorization
// request before the provider does, and whether the code exchange may proceed.

import { generateKeyPair, randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import { promisify } from 'node:util';

import Provider from 'oidc-provider';

import { freePort } from './keywright.mjs';

const PEOPLE = {
  ada: { name: 'Ada Developer', email: 'ada@example.com', email_verified: true, groups: ['llm-users'] },
  grace: { name: 'Grace Administrator', email: 'grace@example.com', email_verified: true, groups: ['llm-users', 'llm-admins'] },
};

/**
 * @param clients the relying parties: `{ client_id, redirect_uris, … }` in the terms of OpenID Connect registration
 * @param tls key and certificate for `localhost`
 */
export async function startIssuer({ clients, tls }) {
  const port = await freePort();
  const issuer = `https://localhost:${port}`;
  // A copy of its own: a test may change what the directory says.
  const people = structuredClone(PEOPLE);
  const signing = await keyPair('RS256');
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys: [signing.private] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    pkce: { required: () => true },
    scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'], groups: ['groups'] },
    // Claims in the id token itself, as Okta, Entra and Keycloak deliver them, not only at the userinfo endpoint.
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false }, userinfo: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    interactions: { url: (_, interaction) => `/who/${interaction.uid}` },
    findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
    ttl: { Interaction: 600, Session: 3600, Grant: 3600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
  });

  const tamper = { authorization: undefined, token: undefined };
  const seen = { authorizations: [], tokenRequests: [], errors: [] };
  provider.use(async (ctx, next) => {
    if (ctx.path === '/auth' && ctx.method === 'GET') {
      seen.authorizations.push({ ...ctx.query });
      if (tamper.authorization) ctx.query = tamper.authorization({ ...ctx.query });
    }
    if (ctx.path === '/token') {
      seen.tokenRequests.push({ authorization: ctx.get('authorization').split(' ')[0] });
      if (tamper.token) return tamper.token(ctx);
    }
    return ctx.path.startsWith('/who/') ? askWho(provider, ctx) : next();
  });
  provider.on('server_error', (_, error) => seen.errors.push(String(error.stack ?? error)));
  provider.on('grant.error', (ctx, error) => {
    seen.tokenRequests.at(-1).error = error.error_description ?? error.message;
  });
  provider.on('grant.success', (ctx) => {
    seen.tokenRequests.at(-1).clientAuthentication = ctx.oidc.client.clientAuthMethod;
  });

  const server = createServer(tls, provider.callback());
  await new Promise((done, failed) => server.once('error', failed).listen(port, 'localhost', done));
  return {
    url: issuer,
    tamper,
    seen,
    people,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** The one page: who are you? Answering it also grants the client what it asked for, as a company's provider does. */
async function askWho(provider, ctx) {
  const { uid, params } = await provider.interactionDetails(ctx.req, ctx.res);
  const who = ctx.query.as;
  if (who === 'nobody') {
    await provider.interactionFinished(ctx.req, ctx.res, { error: 'access_denied', error_description: 'cancelled' });
    ctx.respond = false;
    return;
  }
  if (!PEOPLE[who]) {
    const links = Object.entries(PEOPLE).map(([id, person]) => `<li><a href="/who/${uid}?as=${id}">${person.name}</a></li>`);
    ctx.type = 'html';
    links.push(`<li><a href="/who/${uid}?as=nobody">Cancel</a></li>`);
    ctx.body = `<!DOCTYPE html><html lang="en"><title>Who are you?</title><h1>Who are you?</h1><ul>${links.join('')}</ul>`;
    return;
  }
  const grant = new provider.Grant({ accountId: who, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: who }, consent: { grantId: await grant.save() } });
  ctx.respond = false;
}

/** A key pair as JWKs and PEM: the issuer's own, or a client's for `private_key_jwt`. */
export async function keyPair(alg) {
  const pair =
    alg === 'ES256'
      ? await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
      : await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const common = { alg, use: 'sig', kid: randomBytes(6).toString('hex') };
  return {
    kid: common.kid,
    private: { ...pair.privateKey.export({ format: 'jwk' }), ...common },
    public: { ...pair.publicKey.export({ format: 'jwk' }), ...common },
    pem: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }),
  };
}
