// How every page looks to everybody who may see it, when a little of everything has happened: wide and light, as narrow
// as a telephone and dark, with script and without. Which pages there are is read from the portal's own table, so that
// one without an example here fails the suite.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';

import { SCREENSHOTS, openBrowser, openWindow, overflow, signIn, violations } from './lib/browser.mjs';
import { startDev } from './lib/keywright.mjs';
import { ADMINISTRATOR, AUDITOR, DEVELOPER, LEAD } from './lib/people.mjs';
import { pages } from './lib/routes.mjs';
import { makeScene } from './lib/scene.mjs';

const PEOPLE = { developer: DEVELOPER, lead: LEAD, auditor: AUDITOR, administrator: ADMINISTRATOR };
const EVERYBODY = Object.keys(PEOPLE);
/** First comes who sees most of a page: it is looked at more closely then, and pictured. */
const READERS = ['administrator', 'auditor'];
/** Whom a permission lets in, as long as nothing depends on whose object it is. */
const VISITORS = {
  SignedIn: EVERYBODY,
  SeeKeys: EVERYBODY,
  ManageKeys: ['developer', 'lead', 'administrator'],
  SeeRequests: ['lead', ...READERS],
  Decide: ['lead', 'administrator'],
  SeeAdministration: READERS,
  SeeAudit: READERS,
  Administer: ['administrator'],
};
const MOST_BYTES = 60_000;
// A page whose statements grow with what it lists would meet this bound in the small scene already.
const MOST_STATEMENTS = 30;
/** What the width and the colours decide. The rest is the same page again. */
const OF_SIZE_AND_COLOUR = ['color-contrast', 'scrollable-region-focusable'];
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 780 };

/** Of the developer's own key, and of a request that the developer made in the lead's team. */
const OWNER = { visitors: ['developer', 'administrator'] };
const READ_KEY = { visitors: ['developer', ...READERS] };
const LEADS = { visitors: ['lead', 'administrator'] };
const TEAM = { visitors: ['lead', ...READERS] };

/** Example addresses of each page; `{key}` stands for the id of what the scene calls `key`. */
const EXAMPLES = {
  '/': ['/'],
  '/account': ['/account'],
  '/account/notifications': ['/account/notifications'],
  '/notifications': ['/notifications', '/notifications?view=unread'],
  '/models': ['/models', '/models?q=demo-l', '/models?input=60000&cached=90&output=800&sort=cost'],
  '/playground': ['/playground', at('/playground?key={key}&model=demo-small', { visitors: ['developer'] })],
  '/usage': ['/usage', '/usage?range=30&by=model', '/usage?range=7&by=team&compare=none', '/usage?by=key&model=demo-small&sort=-refused'],
  '/usage/views/new': ['/usage/views/new?range=30&by=model'],
  '/usage/views/{id}/remove': [at('/usage/views/{usageView}/remove', { visitors: ['developer'] })],
  '/usage/file.csv': [file('/usage/file.csv', /^text\/csv/)],
  '/keys': [
    '/keys',
    '/keys?sort=-used',
    '/keys?view=ended',
    '/keys?view=never-used',
    at('/keys?owner=everyone', { visitors: READERS }),
    at('/keys?owner=everyone&sort=expires', { visitors: READERS }),
  ],
  '/keys/file.csv': [file('/keys/file.csv?view=unused', /^text\/csv/)],
  '/keys/selected': [at('/keys/selected?act=revoke&key={key}', OWNER), at('/keys/selected?act=rotate&all=yes', OWNER)],
  '/keys/new': ['/keys/new', at('/keys/new?like={key}', OWNER)],
  '/keys/{id}': [
    at('/keys/{key}', READ_KEY),
    at('/keys/{rotating}', READ_KEY),
    at('/keys/{paused}', OWNER),
    at('/keys/{revoked}', OWNER),
    at('/keys/{teamKey}', LEADS),
  ],
  // Answers like an event source: what happened since is there at once.
  '/keys/{id}/first-call': [file('/keys/{key}/first-call?since=0&version=1', /^text\/event-stream/, READ_KEY)],
  '/keys/{id}/rename': [at('/keys/{key}/rename', OWNER)],
  '/keys/{id}/rotate': [at('/keys/{key}/rotate', OWNER)],
  '/keys/{id}/old-secret': [at('/keys/{rotating}/old-secret', OWNER)],
  '/keys/{id}/disable': [at('/keys/{key}/disable', OWNER)],
  '/keys/{id}/enable': [at('/keys/{paused}/enable', OWNER)],
  '/keys/{id}/expiry': [at('/keys/{key}/expiry', OWNER)],
  '/keys/{id}/right-size': [at('/keys/{key}/right-size', OWNER)],
  '/keys/{id}/revoke': [at('/keys/{key}/revoke', OWNER)],
  '/keys/{id}/ask': [at('/keys/{key}/ask', { visitors: ['developer'] })],
  '/calls/{id}': [at('/calls/{call}', READ_KEY), at('/calls/{refused}', READ_KEY)],
  '/doctor': ['/doctor', '/doctor?text=nothing+of+ours'],
  '/requests': ['/requests'],
  '/requests/{id}': [
    at('/requests/{request}', { visitors: EVERYBODY }),
    at('/requests/{granted}', { visitors: EVERYBODY }),
    at('/requests/{declined}', { visitors: EVERYBODY }),
  ],
  '/requests/{id}/approve': [at('/requests/{request}/approve', LEADS)],
  '/requests/{id}/less': [at('/requests/{request}/less', LEADS)],
  '/requests/{id}/decline': [at('/requests/{request}/decline', LEADS)],
  '/requests/{id}/withdraw': [at('/requests/{request}/withdraw', { visitors: ['developer'] })],
  // Only its form hands the secret out; the address leads back to the request.
  '/requests/{id}/secret': [at('/requests/{granted}/secret', { visitors: ['developer'], leadsTo: '/requests/{granted}' })],
  '/reviews': [at('/reviews', LEADS), at('/reviews?view=done', LEADS)],
  '/reviews/progress': [at('/reviews/progress', { visitors: READERS })],
  '/reviews/file.csv': [file('/reviews/file.csv', /^text\/csv/, { visitors: READERS })],
  '/reviews/switch': [at('/reviews/switch', { visitors: ['administrator'] })],
  '/approvals': ['/approvals'],
  '/approvals/decided': ['/approvals/decided'],
  '/approvals/lapsing': ['/approvals/lapsing'],
  '/approvals/rules': ['/approvals/rules'],
  '/approvals/rules/new': ['/approvals/rules/new', '/approvals/rules/new?like={granted}'],
  '/approvals/rules/{id}/remove': ['/approvals/rules/{approval}/remove'],
  '/team/{id}': [at('/team/{team}', TEAM)],
  '/team/{id}/successor': [at('/team/{team}/successor?from={leadPerson}', LEADS)],
  '/admin': ['/admin'],
  '/admin/mail': ['/admin/mail'],
  '/admin/providers': ['/admin/providers'],
  '/admin/providers/new': ['/admin/providers/new', '/admin/providers/new?preset=anthropic'],
  '/admin/providers/{id}': ['/admin/providers/{provider}'],
  '/admin/providers/{id}/test': [at('/admin/providers/{provider}/test', { leadsTo: '/admin/providers/{provider}' })],
  '/admin/providers/{id}/change': ['/admin/providers/{provider}/change'],
  '/admin/providers/{id}/credential': ['/admin/providers/{provider}/credential'],
  '/admin/providers/{id}/switch': ['/admin/providers/{provider}/switch'],
  '/admin/providers/{id}/models': ['/admin/providers/{provider}/models'],
  '/admin/models': ['/admin/models', '/admin/models?sort=in'],
  '/admin/models/new': ['/admin/models/new'],
  '/admin/models/{id}': ['/admin/models/{model}'],
  '/admin/guardrails': ['/admin/guardrails'],
  '/admin/guardrails/new': ['/admin/guardrails/new'],
  '/admin/guardrails/{id}': ['/admin/guardrails/{profile}', '/admin/guardrails/{profile}?like=1'],
  '/admin/guardrails/{id}/versions': ['/admin/guardrails/{profile}/versions'],
  '/admin/guardrails/{id}/watched/{word}': ['/admin/guardrails/{profile}/watched/models'],
  '/admin/guardrails/{id}/compare': ['/admin/guardrails/{profile}/compare?from=1&to=2'],
  '/admin/guardrails/{id}/preview/{job}': ['/admin/guardrails/{profile}/preview/{job}'],
  '/admin/key-policy': ['/admin/key-policy'],
  '/admin/environments': ['/admin/environments'],
  '/admin/environments/new': ['/admin/environments/new'],
  '/admin/environments/{name}': ['/admin/environments/dev'],
  '/admin/budgets': ['/admin/budgets', '/admin/budgets?sort=-used'],
  '/admin/budgets/{id}': ['/admin/budgets/organisation', '/admin/budgets/{team}'],
  '/admin/data-scopes': ['/admin/data-scopes'],
  '/admin/data-scopes/{holder}': ['/admin/data-scopes/auditor', '/admin/data-scopes/{member}'],
  '/admin/cost-centres': ['/admin/cost-centres'],
  '/admin/cost-centres/new': ['/admin/cost-centres/new'],
  '/admin/cost-centres/import': ['/admin/cost-centres/import'],
  '/admin/cost-centres/{id}': ['/admin/cost-centres/{centre}'],
  '/admin/cost-centres/{id}/end': ['/admin/cost-centres/{centre}/end'],
  '/admin/cost-centres/statement': ['/admin/cost-centres/statement', '/admin/cost-centres/statement?month=2026-01'],
  '/admin/cost-centres/statement/file.csv': [file('/admin/cost-centres/statement/file.csv', /^text\/csv/)],
  '/admin/cost-centres/adjustments/new': [
    '/admin/cost-centres/adjustments/new?charged_to=~',
    '/admin/cost-centres/adjustments/new?key={key}',
    '/admin/cost-centres/adjustments/new?key={key}&first=2000-01-01&last=2099-12-31&charged_to=4711&move_to=~',
  ],
  '/admin/cost-centres/adjustments/{id}': ['/admin/cost-centres/adjustments/{adjustment}'],
  '/admin/commitments': ['/admin/commitments'],
  '/admin/commitments/new': ['/admin/commitments/new'],
  '/admin/commitments/{id}': ['/admin/commitments/{commitment}'],
  '/admin/applications/new': ['/admin/applications/new'],
  '/admin/currency': ['/admin/currency'],
  '/admin/currency/rates/new': ['/admin/currency/rates/new'],
  '/admin/currency/rates/{day}/remove': ['/admin/currency/rates/2026-01-01/remove'],
  '/admin/units/new': ['/admin/units/new'],
  '/admin/units/{id}': ['/admin/units/{unit}'],
  '/admin/people': ['/admin/people', '/admin/people?q=developer', '/admin/people?sort=-signed-in'],
  '/admin/people/{id}': ['/admin/people/{member}'],
  '/admin/people/{id}/suspend': ['/admin/people/{member}/suspend'],
  '/admin/people/{id}/administrator': ['/admin/people/{member}/administrator'],
  '/admin/people/{id}/successor': ['/admin/people/{leadPerson}/successor', '/admin/people/{leadPerson}/successor?to={member}'],
  '/admin/teams': ['/admin/teams', '/admin/teams?sort=-members'],
  '/admin/teams/new': ['/admin/teams/new'],
  '/admin/teams/{id}': ['/admin/teams/{team}'],
  '/admin/teams/{id}/add': ['/admin/teams/{team}/add'],
  '/admin/teams/{id}/remove': ['/admin/teams/{team}/remove?person={member}'],
  '/admin/sign-in': ['/admin/sign-in'],
  '/admin/sign-in/test': ['/admin/sign-in/test'],
  '/admin/sign-in/rules/new': ['/admin/sign-in/rules/new'],
  '/admin/sign-in/rules/{id}': ['/admin/sign-in/rules/{rule}'],
  '/admin/sign-in/rules/{id}/remove': ['/admin/sign-in/rules/{rule}/remove'],
  '/admin/audit': ['/admin/audit'],
  '/admin/audit.jsonl': [file('/admin/audit.jsonl', /json/)],
  '/admin/calls': ['/admin/calls', '/admin/calls?key={key}', '/admin/calls?outcome=denied'],
  '/admin/calls.csv': [file('/admin/calls.csv', /^text\/csv/)],
  '/admin/audit/verify': ['/admin/audit/verify'],
};

test('every page has an example here, and every example is of a page', () => {
  assert.deepEqual(Object.keys(EXAMPLES).sort(), pages().map(({ path }) => path).sort());
});

describe('every page', { concurrency: 2 }, () => {
  let keywright;
  let browser;
  let scene;

  before(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    keywright = await startDev({ name: 'pages' });
    browser = await openBrowser();
    scene = await makeScene(keywright.url);
  });
  after(async () => {
    await browser?.close();
    await keywright?.stop();
  });

  for (const person of EVERYBODY) {
    test(`for the ${person}, with script`, async () => {
      const window = await openWindow(browser, { origin: keywright.url, ...WIDE });
      await signIn(window.page, PEOPLE[person], keywright.url);
      await withoutFindings(person, async (visit) => {
        const findings = visit.file ? await fetched(window.page, visit, scene) : await looked(window, visit, scene);
        return [...findings, ...window.complaints.splice(0)];
      });
      await window.close();
    });

    test(`for the ${person}, without script`, async () => {
      const window = await openWindow(browser, { origin: keywright.url, script: false, ...NARROW });
      await signIn(window.page, PEOPLE[person], keywright.url);
      await withoutFindings(person, async (visit) => {
        if (visit.file) return [];
        const findings = await arrived(await window.page.goto(filled(visit.address, scene)), visit, scene);
        return [...findings, ...(await tooWide(window.page)), ...window.complaints.splice(0)];
      });
      await window.close();
    });
  }
});

/** Visits what the person may see, and says everything that is wrong at once. */
async function withoutFindings(person, findingsOf) {
  const all = [];
  for (const visit of visits(person)) {
    const findings = await findingsOf(visit).catch((error) => [String(error)]);
    all.push(...findings.map((finding) => `${visit.address}: ${finding}`));
  }
  assert.deepEqual(all, []);
}

function visits(person) {
  return pages().flatMap(({ path, permission }) =>
    (EXAMPLES[path] ?? [])
      .map((example) => (typeof example === 'string' ? at(example) : example))
      .map((example) => ({ visitors: VISITORS[permission], ...example }))
      .filter(({ visitors }) => visitors.includes(person))
      .map((example) => ({ ...example, isClosely: example.visitors[0] === person })),
  );
}

/** Wide and light, then narrow and dark. */
async function looked({ page }, visit, scene) {
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light' });
  const findings = await arrived(await page.goto(filled(visit.address, scene)), visit, scene);
  if (!visit.isClosely) return findings;
  const check = async (how, rules) => {
    await page.screenshot({ path: join(SCREENSHOTS, `all-${fileName(visit.address)}.${how}.png`), fullPage: true });
    const serious = (await violations(page, rules)).filter(({ impact }) => impact === 'serious' || impact === 'critical');
    findings.push(...serious.map(({ id, nodes }) => `${id} (${how}): ${nodes.map(({ target }) => target.join(' ')).slice(0, 5).join(', ')}`));
  };
  await check('light');
  await page.setViewportSize(NARROW);
  await page.emulateMedia({ colorScheme: 'dark' });
  findings.push(...(await tooWide(page)));
  await check('narrow', OF_SIZE_AND_COLOUR);
  return findings;
}

async function arrived(response, visit, scene) {
  const findings = [];
  if (response.status() !== 200) findings.push(`answered ${response.status()}`);
  const here = new URL(response.url());
  const wanted = filled(visit.leadsTo ?? visit.address, scene);
  if (here.pathname + here.search !== wanted) findings.push(`led to ${here.pathname}${here.search}`);
  const { responseBodySize } = await response.request().sizes();
  if (responseBodySize > MOST_BYTES) findings.push(`takes ${responseBodySize} bytes, more than ${MOST_BYTES}`);
  const statements = Number(/desc="(\d+) statements"/.exec(response.headers()['server-timing'])?.[1] ?? Infinity);
  if (statements > MOST_STATEMENTS) findings.push(`asks the database ${statements} times`);
  return findings;
}

async function tooWide(page) {
  const over = await overflow(page);
  return over > 0 ? [`${over} pixels too wide at ${NARROW.width}`] : [];
}

/** What is no page: it arrives, and is what it says. */
async function fetched(page, visit, scene) {
  const answer = await page.request.get(filled(visit.address, scene));
  const type = answer.headers()['content-type'] ?? '';
  return answer.status() === 200 && visit.file.test(type) ? [] : [`answered ${answer.status()} with ${type}`];
}

function at(address, more = {}) {
  return { address, ...more };
}

function file(address, type, more = {}) {
  return { address, file: type, ...more };
}

function filled(address, scene) {
  return address.replace(/\{(\w+)\}/g, (_, name) => scene[name] ?? assert.fail(`the scene has no ${name}`));
}

function fileName(address) {
  return address.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'home';
}
