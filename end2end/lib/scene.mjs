// An installation in which a little of everything has happened, so that each page has something to show.

import { Gateway, LARGE, SMALL } from './gateway.mjs';
import { ADMINISTRATOR, AUDITOR, DEVELOPER, LEAD } from './people.mjs';
import { SECRET, mintedPage, signIn } from './portal.mjs';

/** Makes it all through the portal's forms and the gateway, and returns the ids by kind. */
export async function makeScene(origin) {
  const people = {
    developer: await signIn(origin, DEVELOPER),
    lead: await signIn(origin, LEAD),
    auditor: await signIn(origin, AUDITOR),
    administrator: await signIn(origin, ADMINISTRATOR),
  };
  // A second session of the same person, to be told from the first.
  await signIn(origin, DEVELOPER);
  const things = await administration(people.administrator);
  const made = {
    ...things,
    ...(await keys(origin, people)),
    ...(await requests(people)),
    job: await preview(people.administrator),
    usageView: await keepView(people.developer),
  };
  made.adjustment = await adjustment(people.administrator, made.key);
  // Last, since everybody who mints from now on has to agree to it.
  const policy = (await people.administrator.open('/admin/key-policy')).form(/^save version/i);
  accepted(await policy.fill(/^text/i, 'A key is for the work that it was minted for.\n\nWhoever loses one revokes it first and asks later.').send(), 'the key policy');
  return made;
}

async function administration(administrator) {
  const provider = idOn(await administrator.open('/admin/providers'), 'prov');
  const model = idOn(await administrator.open('/admin/models'), 'mod');
  const guardrails = await (await administrator.open('/admin/guardrails')).follow(/^standard developer/i);
  const asking = guardrails.form(/^preview version/i).fill(/^budget a month, above the maximum/i, 'Ask for approval');
  const saved = await passOn(await asking.send());
  const profile = idIn(saved.url.pathname, 'prof');

  const unit = await (await administrator.open('/admin/units/new')).form(/^add business unit/i).fill(/^name/i, 'Europe').send();
  const centre = await (await administrator.open('/admin/cost-centres/new'))
    .form(/^add cost centre/i)
    .fill(/^code/i, '4711')
    .fill(/^name/i, 'Research')
    .send();
  const paid = (await administrator.open('/admin/commitments/new')).form(/^add commitment/i);
  const commitments = await paid.fill(/^name/i, 'Throughput').fill(/^amount a month/i, '1200').send();
  accepted(await (await administrator.open('/admin/currency')).form(/^save currency/i).fill(/^currency/i, 'EUR').send(), 'a currency');
  const rate = (await administrator.open('/admin/currency/rates/new')).form(/^add rate/i);
  accepted(await rate.fill(/^from/i, '2026-01-01').fill(/^one us dollar is/i, '0.92').send(), 'a rate of it');
  const team = idOn(await administrator.open('/admin/teams'), 'team');
  const member = idOn(await administrator.open(`/admin/teams/${team}`), 'per');
  const leadPerson = idOn(await administrator.open('/admin/people?q=Lena'), 'per');
  const ofUnit = await (await administrator.open(unit.url.pathname)).form(/^save business unit/i).choose(/^search/i).send();
  accepted(ofUnit, 'the unit takes the team');

  const rules = await administrator.open('/admin/sign-in/rules/new');
  const looked = await rules.form(/^see who would change/i).fill(/^value/i, 'finance').fill(/^gives/i, 'auditor').send();
  const signInRules = accepted(await looked.form(/^save rule/i).send(), 'the sign-in rule');
  accepted(await signInRules.follow(/^test sign-in/i).then(pickAdministrator), 'the test sign-in');

  const approval = await (await administrator.open('/approvals/rules/new'))
    .form(/^add rule/i)
    .fill(/^name/i, 'Small and short')
    .fill(/^a key may spend a month/i, '100')
    .send();
  return {
    provider,
    model,
    profile,
    unit: idIn(unit.url.pathname, 'unit'),
    centre: idIn(centre.url.pathname, 'cc'),
    commitment: idOn(commitments, 'com'),
    team,
    member,
    leadPerson,
    rule: idOn(await administrator.open('/admin/sign-in'), 'rule'),
    approval: /\/approvals\/rules\/(\w+)\/remove/.exec(approval.html)?.[1] ?? missing('rule', approval),
  };
}

/** Keys in every state of their lives: in use, rotated an hour ago, paused, revoked; of a person and of the team. */
async function keys(origin, { developer, lead }) {
  const used = await mintedPage(developer, 'invoice-parser', (form) => form.fill(/^environment/i, 'dev'));
  const key = idOn(used, 'kwr');
  const gateway = new Gateway(origin, used.readOnlyValue(SECRET));
  let call;
  for (let n = 0; n < 6; n += 1) {
    const answer = await gateway.chat(`Which of these ${n} is an invoice?`, { model: n % 2 ? SMALL : LARGE });
    if (answer.status !== 200) throw new Error(`a call was answered ${answer.status}: ${answer.text}`);
    call = answer.id;
  }
  await gateway.messages('hello');
  const refused = await gateway.chat('hello', { model: 'gpt-unknown' });
  await gateway.chat('[error 500] hello');

  const rotated = await mintedPage(developer, 'nightly-report');
  const rotating = idOn(rotated, 'kwr');
  const old = new Gateway(origin, rotated.readOnlyValue(SECRET));
  await (await developer.open(`/keys/${rotating}/rotate`)).form(/^rotate/i).choose(/24 h/i).send();
  await old.chat('still with the old secret', { model: SMALL });

  const paused = idOn(await mintedPage(developer, 'paused'), 'kwr');
  await (await developer.open(`/keys/${paused}/disable`)).form(/^disable/i).send();
  const revoked = idOn(await mintedPage(developer, 'no longer used'), 'kwr');
  await (await developer.open(`/keys/${revoked}/revoke`)).form(/^revoke/i).choose(/no longer needed/i).send();

  const teams = await mintedPage(lead, 'search-service', (form) => form.choose(/service or app/i).fill(/^owner/i, 'Search').fill(/^application/i, 'search-api'));
  const ofTeam = new Gateway(origin, teams.readOnlyValue(SECRET));
  await ofTeam.chat('hello', { model: SMALL });
  return { key, call, refused: refused.id, rotating, paused, revoked, teamKey: idOn(teams, 'kwr') };
}

/** A request that waits, and of those that are answered one that was granted and one that was not. */
async function requests({ developer, lead }) {
  const ask = async (name, why) => {
    const refused = await (await developer.open('/keys/new')).form(/^mint key$/i).fill(/^name/i, name).fill(/^budget a month/i, '5000').send();
    const asking = await refused.form(/^ask for \$5,000\.00 a month$/i).send();
    return idIn((await asking.form(/^ask for this key$/i).fill(/^why/i, why).send()).url.pathname, 'ask');
  };
  const granted = await ask('load test', 'A load test before the launch');
  accepted(await (await lead.open(`/requests/${granted}/approve`)).form(/^approve/i).send(), 'approving');
  const declined = await ask('all of it', 'It would be convenient');
  accepted(await (await lead.open(`/requests/${declined}/decline`)).form(/^decline/i).fill(/^why not/i, 'Ask again with a plan').send(), 'declining');
  return { request: await ask('migration', 'Forty million documents until the end of the quarter'), granted, declined };
}

/** What the key spent so far belongs to the one cost centre that there is. */
async function adjustment(administrator, key) {
  const asked = new URLSearchParams({ key, first: '2000-01-01', last: '2099-12-31', charged_to: '~', move_to: '4711' });
  const shown = (await administrator.open(`/admin/cost-centres/adjustments/new?${asked}`)).form(/^move \$/i);
  const moved = await shown.fill(/^why/i, 'It was theirs from the start').send();
  return idIn(accepted(moved, 'an adjustment').url.pathname, 'adj');
}

/** A view of usage under a name. */
async function keepView(developer) {
  const form = (await developer.open('/usage/views/new?range=30&by=model')).form(/^keep it/i).fill(/^name/i, 'My models');
  return idOn(accepted(await form.send(), 'keeping a view'), 'view');
}

/** A change of the guardrails that somebody thinks about: calls were made with what it takes away. */
async function preview(administrator) {
  const guardrails = await (await administrator.open('/admin/guardrails')).follow(/^standard developer/i);
  const draft = await guardrails.form(/^preview version/i).fill(/^models$/i, 'demo-large\ndemo-embedding').send();
  return /\/preview\/(\w+)/.exec(draft.url.pathname)?.[1] ?? missing('preview', draft);
}

/** Saves what was previewed; without calls there is nothing to preview. */
async function passOn(page) {
  return accepted(/\/preview\//.test(page.url.pathname) ? await page.form(/^save/i).send() : page, 'saving the guardrails');
}

/** Of the test sign-in's own picker. */
async function pickAdministrator(picker) {
  return picker.follow(ADMINISTRATOR);
}

function accepted(page, what) {
  if (page.status !== 200) throw new Error(`${what} ended at ${page.url.pathname} with ${page.status}:\n${page.text.slice(0, 2000)}`);
  return page;
}

/** The first id of the kind in the page's own part. */
function idOn(page, prefix) {
  const main = page.document.querySelector('main')?.innerHTML ?? '';
  return new RegExp(`/(${prefix}_[0-9A-Za-z]+)`).exec(main)?.[1] ?? missing(prefix, page);
}

function idIn(path, prefix) {
  const found = new RegExp(`/(${prefix}_[0-9A-Za-z]+)`).exec(path)?.[1];
  if (!found) throw new Error(`${path} leads to no ${prefix}`);
  return found;
}

function missing(what, page) {
  throw new Error(`no ${what} on ${page.url.pathname} (${page.status}):\n${page.text.slice(0, 2000)}`);
}
