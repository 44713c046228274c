//! One page with every component, so that a claim about markup is checked for all of them, and so that a person can look
//! at them side by side: run the tests with `SPECIMEN` set to a file name and the page is written there.

use app::chrome::{Assets, Chrome, Place};
use app::components::*;
use app::format::{Calendar, duration, tokens, typed_usd, usd_fine};
use app::html;
use domain::data_scope::OfEveryone;
use domain::id::PersonId;
use domain::money::NanoUsd;
use domain::person::{Caller, Membership, Role};
use domain::time::{MS_PER_DAY, MS_PER_MINUTE, Timestamp};
use jiff::tz::TimeZone;
use leptos::prelude::*;
use portal::surroundings::Surroundings;

const SECRET: &str = "kwr_8Fq2mZ4tLr0a_Vq7sDk29QhYp3XcN5bTzR1uWfJ6eGoA4iLxH8vMy0Kd_1sPq9Z";

pub(crate) fn dollars(cents: i64) -> NanoUsd {
    NanoUsd::from_nano(cents * 10_000_000)
}

pub(crate) fn calendar() -> Calendar {
    let now = "2026-11-20T13:31:07.412Z".parse::<jiff::Timestamp>().unwrap();
    Calendar { now: Timestamp::from_ms(now.as_millisecond()), zone: TimeZone::get("Europe/Berlin").unwrap() }
}

pub(crate) fn specimen(caller: Option<&Caller>) -> String {
    framed(caller, "Specimen", || view! { {heads()}{lists()}{forms()}{money()}{handing_over()}{about()} })
}

/// A page in the frame that its readers see.
pub(crate) fn framed<V: IntoView + 'static>(caller: Option<&Caller>, title: &str, body: impl FnOnce() -> V) -> String {
    framed_in(caller, around(), title, body)
}

pub(crate) fn framed_in<V: IntoView + 'static>(
    caller: Option<&Caller>,
    around: Surroundings,
    title: &str,
    body: impl FnOnce() -> V,
) -> String {
    let assets = Assets {
        css: "/assets/keywright.css".to_owned(),
        js: "/assets/keywright.mjs".to_owned(),
        icon: "/assets/icon.svg".to_owned(),
    };
    let chrome = Chrome {
        assets: &assets,
        caller,
        place: Place::Keys,
        banner: Some("Development mode: anyone who reaches this address can sign in as anyone."),
        calendar: &calendar(),
        version: "0.1.0",
        around,
    };
    html::document(&chrome, title, body)
}

pub(crate) fn around() -> Surroundings {
    Surroundings { unread: 3, reviews: true, of_everyone: OfEveryone::ALL }
}

pub(crate) fn administrator() -> Caller {
    Caller {
        person: PersonId::from_random(&[7; 16]),
        name: "Ada Example".to_owned(),
        email: "ada@example.com".to_owned(),
        roles: vec![Role::Developer, Role::Administrator],
        memberships: Vec::<Membership>::new(),
        groups: Vec::new(),
        address: "127.0.0.1".to_owned(),
    }
}

fn heads() -> impl IntoView {
    let calendar = calendar();
    let minted = calendar.now.plus_days(-1);
    view! {
        <PageHead
            title="claude-code laptop" status=Some(Status::OverEighty)
            crumb=Crumb { text: "Keys".to_owned(), href: "/keys".to_owned() }
            context=view! { <Id text="kwr_8Fq2…"/>" · yours · agent · dev · guardrails Standard developer v7 · minted "{day(&calendar, minted)}" by you · expires in 61 days" }.into_any()
        >
            <a class="button primary" href="#">"Rotate secret"</a>
            <a class="button" href="#">"Disable"</a>
            <a class="button" href="#">"Ask for more"</a>
            <a class="button plain bad" href="#">"Revoke…"</a>
        </PageHead>
        <Notice
            tone=Tone::Warn text="Reaches its $50.00 on Thursday about 14:00 at this pace."
            way_on=Some(WayOn { text: "Ask for more".to_owned(), href: "#".to_owned() })
        />
        <Section id="states" title="States">
            <p class="actions">{Status::ALL.map(|status| view! { <StatusChip status=status/>" " }).collect_view()}</p>
        </Section>
        <Section id="notices" title="Notices">
            <Notice tone=Tone::Info text="The provider's prices change on 1 December. Calls before then keep the old ones."/>
            <Notice tone=Tone::Ok text="Revoked everywhere at 14:32:07.412 by you."/>
            <Notice tone=Tone::Bad text="The provider refused our credential at 14:02. Calls use the second deployment meanwhile." way_on=Some(WayOn { text: "Replace credential".to_owned(), href: "#".to_owned() })/>
        </Section>
    }
}

fn lists() -> impl IntoView {
    let view = |text: &str, count, current| ListView { text: text.to_owned(), count, href: "?".to_owned(), current };
    let columns = vec![
        Column::text("Key"),
        Column::text("Status"),
        Column::text("Budget (tightest)"),
        Column::text("Last used"),
        Column::text("Expires"),
        Column::text("Owner"),
    ];
    let rows = view! {
        {key_row("invoice-parser", "kwr_m2Lr…", "service · prod", Status::OverEighty, budget(20_000, 17_210, 400), "python-openai")}
        {key_row("claude-code laptop", "kwr_8Fq2…", "agent · dev", Status::Active, budget(5_000, 1_184, 62), "claude-code")}
        {key_row("nightly-evaluation-of-everything", "kwr_Zk90…", "ci · staging", Status::StoppedBudget, budget(1_000, 1_000, 0), "node-fetch")}
        {key_row("prototype", "kwr_aa3K…", "person · dev", Status::Active, Budget { whose: Some("team Billing".to_owned()), ..budget(10_000, 3, 1) }, "curl")}
    };
    view! {
        <Section id="list" title="Keys">
            <Views views=vec![view("All", 6, true), view("Needs attention", 2, false), view("Over 80 %", 1, false), view("Expiring in 7 days", 1, false), view("Unused 30 days", 1_204, false)]/>
            <Filter action="/keys" aside=view! { <a href="?columns">"Columns"</a><a href="?csv">"CSV"</a> }.into_any()>
                <div class="search"><TextField name="q" label="Search" kind="search" placeholder="Name, id, application"/></div>
                <SelectField name="owner" label="Owner" value="mine" options=vec![SelectOption::new("mine", "Mine"), SelectOption::new("billing", "Team Billing")]/>
                <SelectField name="environment" label="Environment" options=vec![SelectOption::new("", "Any"), SelectOption::new("dev", "dev")]/>
            </Filter>
            <Table columns=columns caption="Keys">{rows}</Table>
            <Pager shown=(1, 50) total=1_204 previous=None next=Some("?page=2".to_owned()) sum="Spent this month by these keys: $4,312.08"/>
        </Section>
        <Section id="calls" title="Recent calls" aside=view! { <a href="#">"All calls of this key"</a> }.into_any()>
            <Table
                columns=vec![Column::text("Time"), Column::text("Answer"), Column::text("Model"), Column::number("Tokens in"), Column::number("Out"), Column::number("Cost"), Column::number("Took")]
                caption="Recent calls" compact=true
                foot=view! { <tr><NameCell name="3 calls"/><td></td><td></td><Cell label="Tokens in" number=true>"19.9k"</Cell><Cell label="Out" number=true>"1.3k"</Cell><Cell label="Cost" number=true>"$0.0198"</Cell><td></td></tr> }.into_any()
            >
                {call_row("14:31:07", "200", "large-model", 18_234, 640, 19_512_345, 6_120)}
                {call_row("14:30:55", "403", "model_not_allowed: huge-model is not in Standard developer.", 0, 0, 0, 3)}
                {call_row("14:29:12", "200", "small-model", 1_690, 644, 300_000, 412)}
            </Table>
        </Section>
        <Section id="nothing" title="Nothing yet">
            <EmptyState text="No keys yet. Mint one and make your first call in a minute."><a class="button primary" href="/keys/new">"Mint a key"</a></EmptyState>
        </Section>
    }
}

fn budget(limit: i64, spent: i64, reserved: i64) -> Budget {
    Budget {
        window: "",
        whose: None,
        limit: dollars(limit),
        spent: dollars(spent),
        reserved: dollars(reserved),
        kept: dollars(0),
        resets: Some("1 Dec".to_owned()),
        thresholds: vec![80],
    }
}

fn key_row(
    name: &'static str,
    id: &'static str,
    what: &'static str,
    status: Status,
    budget: Budget,
    agent: &'static str,
) -> impl IntoView {
    let calendar = calendar();
    let used = when(&calendar, calendar.now.plus_ms(-3 * MS_PER_MINUTE));
    let end = calendar.now.plus_ms(61 * MS_PER_DAY);
    let (expires, expires_on) = (when(&calendar, end), day(&calendar, end).into_any());
    view! {
        <tr>
            <NameCell name=name href="/keys/key_1" note=view! { <Id text=id/>{format!(" · {what}")} }.into_any()/>
            <Cell label="Status"><StatusChip status=status/></Cell>
            <Cell label="Budget" figure=true><BudgetMeter budget=budget/></Cell>
            <Cell label="Last used" note=agent.into_any()>{used}</Cell>
            <Cell label="Expires" note=expires_on>{expires}</Cell>
            <Cell label="Owner">"You"</Cell>
        </tr>
    }
}

fn call_row(
    at: &'static str,
    status: &'static str,
    model: &'static str,
    input: u64,
    output: u64,
    cost: i64,
    took: u64,
) -> impl IntoView {
    let tone = if status == "200" { Tone::Ok } else { Tone::Bad };
    view! {
        <tr>
            <NameCell name=at href="/requests/req_1"/>
            <Cell label="Answer"><Chip tone=tone text=status/></Cell>
            <Cell label="Model">{model}</Cell>
            <Cell label="Tokens in" number=true>{tokens(input)}</Cell>
            <Cell label="Out" number=true>{tokens(output)}</Cell>
            <Cell label="Cost" number=true>{usd_fine(NanoUsd::from_nano(cost))}</Cell>
            <Cell label="Took" number=true>{duration(took)}</Cell>
        </tr>
    }
}

fn forms() -> impl IntoView {
    let too_much = Problem {
        message: "This profile allows at most $100.00 a month; you entered $150.00. Use $100.00, or ask for $150.00."
            .to_owned(),
        ways_out: vec![
            WayOut::Button { name: "use".to_owned(), value: "100.00".to_owned(), text: "Use $100.00".to_owned() },
            WayOut::Link { href: "#".to_owned(), text: "Ask for $150.00".to_owned() },
        ],
    };
    let taken = Problem::new("You already have a key named prototype (kwr_aa3K…). Open it, or choose another name.");
    let wrong = vec![
        Wrong { field: Some("name".to_owned()), message: taken.message.clone() },
        Wrong { field: Some("budget".to_owned()), message: too_much.message.clone() },
    ];
    let purposes = vec![
        ChoiceOption::new("person", "My own work"),
        ChoiceOption::new("agent", "A coding or other agent"),
        ChoiceOption::new("service", "A service or app"),
        ChoiceOption::new("ci", "CI"),
    ];
    let reasons = vec![
        ChoiceOption::new("unused", "No longer needed"),
        ChoiceOption::new("replaced", "Replaced by another key"),
        ChoiceOption::new("leaked", "Compromised").noted("Also cuts streams that are running now."),
    ];
    view! {
        <Section id="mint" title="Mint a key">
            <form class="form" method="post" action="/keys/new">
                <ErrorSummary undone="the key can be minted" wrong=wrong/>
                <TextField name="name" label="Name" value="prototype" hint="Unique among your keys." required=true problem=Some(taken)/>
                <Choices name="consumer" label="What is it for?" options=purposes value="agent" in_row=true/>
                <SelectField name="profile" label="Guardrails" value="standard" options=vec![SelectOption::new("standard", "Standard developer"), SelectOption::new("explore", "Explore")] hint="14 models · up to $100.00 a month · up to 180 days · no approval"/>
                <MoneyField name="budget" label="Budget a month" value="150.00" bound="at most 100.00" problem=Some(too_much)/>
                <Fold summary="Limits and details" note="all filled in" open=true>
                    <div class="field-grid">
                        <MoneyField name="daily" label="Budget a day" value=typed_usd(dollars(1_000)) bound="at most 20.00"/>
                        <TextField name="rpm" label="Requests a minute" value="60" bound="at most 120" input_mode="numeric"/>
                        <SelectField name="lifetime" label="Expires in" value="90" options=vec![SelectOption::new("90", "90 days"), SelectOption::new("180", "180 days")] bound="at most 180 days"/>
                        <TextField name="networks" label="Networks" value="10.4.0.0/16" mono=true hint="Any, if left empty."/>
                    </div>
                </Fold>
                <Field id="why" label="Why" hint="Your lead reads this."><TextArea id="why" name="why" value="Quarter close\n</textarea>".to_owned() described_by="why-hint"/></Field>
                <div class="verdict beside">
                    <h3>"What you get"</h3>
                    <p>"14 models, $50.00 a month, until 18 February 2027. Ready at once."</p>
                    <p class="muted">"Worst case if it leaks: $50.00 this month, 60 requests a minute."</p>
                </div>
                <Check name="policy" text="I have read the key policy" note="Version 3, 2 minutes" checked=true/>
                <div class="actions">
                    <button class="button primary" type="submit">"Mint key"</button>
                    <a class="button plain" href="/keys">"Cancel"</a>
                </div>
            </form>
        </Section>
        <Section id="revoke" title="Revoke claude-code laptop">
            <form class="form" method="post" action="/keys/key_1/revoke">
                <p>"3 callers in the last hour will be refused from the next call."</p>
                <Choices name="reason" label="Reason" options=reasons value="unused"/>
                <div class="actions">
                    <button class="button danger" type="submit">"Revoke now"</button>
                    <a class="button plain" href="/keys/key_1">"Keep it"</a>
                    <button class="button" type="submit" disabled>"Not yet"</button>
                </div>
            </form>
        </Section>
    }
}

fn money() -> impl IntoView {
    let named = |name: &str, budget: Budget| (name.to_owned(), budget);
    let figure = |name: &str, value: &str| Figure { name: name.to_owned(), value: value.to_owned() };
    let names = ["large-model", "small-model", "embedding", "vision", "code", "audio", "translation", "rare"];
    let buckets = (0_i64..30).map(|at| Bucket {
        label: calendar().day(calendar().now.plus_days(at - 29)),
        amounts: (0..8).map(|series| dollars((at * 37 % 11 + 3) * (40 - series * 5) * i64::from(at % 7 < 5))).collect(),
        unfinished: at == 29,
        href: None,
    });
    let spend = SpendData {
        title: "Spend by model, 22 October to 20 November".to_owned(),
        series: names.map(str::to_owned).to_vec(),
        buckets: buckets.collect(),
        cap: Some(Cap { amount: dollars(4_000), label: "cap $40.00 a day".to_owned() }),
    };
    view! {
        <Section id="budgets" title="Budgets">
            <div class="panel"><Budgets budgets=vec![
                named("This key, a month", budget(5_000, 4_328, 62)), named("You, a month", budget(20_000, 5_200, 0)),
                named("Team Billing, a month", budget(100_000, 18_800, 40)),
            ]/></div>
        </Section>
        <Section id="spend" title="Spend, 30 days">
            <Figures figures=vec![figure("spent", "$43.28"), figure("requests", "1,204"), figure("tokens in (91 % cached)", "18.2M"), figure("tokens out", "640k"), figure("errors", "0.2 %"), figure("first byte, median", "410 ms")]/>
            <SpendChart data=spend/>
        </Section>
    }
}

fn handing_over() -> impl IntoView {
    let snippet = |key, label: &str, text: &str| Snippet { key, label: label.to_owned(), text: text.to_owned() };
    let client = |key, label: &str, snippets, note| ClientSnippet { key, label: label.to_owned(), snippets, note };
    let clients = vec![
        client(
            "claude-code",
            "Claude Code",
            vec![
                snippet(
                    "sh",
                    "macOS, Linux",
                    &format!(
                        "export ANTHROPIC_BASE_URL=https://llm.example.com            # no /v1 here\nexport ANTHROPIC_AUTH_TOKEN={SECRET}\nunset ANTHROPIC_API_KEY                                      # a key left over here can win"
                    ),
                ),
                snippet(
                    "powershell",
                    "PowerShell",
                    &format!(
                        "$env:ANTHROPIC_BASE_URL = \"https://llm.example.com\"\n$env:ANTHROPIC_AUTH_TOKEN = \"{SECRET}\""
                    ),
                ),
                snippet(
                    "env",
                    ".env",
                    &format!("ANTHROPIC_BASE_URL=https://llm.example.com\nANTHROPIC_AUTH_TOKEN={SECRET}"),
                ),
            ],
            Some("Large, medium and small model of this agent: all three are allowed by this key.".into_any()),
        ),
        client(
            "codex",
            "Codex",
            vec![snippet(
                "toml",
                "config.toml",
                "[model_providers.keywright]\nbase_url = \"https://llm.example.com/v1\"",
            )],
            None,
        ),
        client(
            "curl",
            "curl",
            vec![snippet(
                "sh",
                "macOS, Linux",
                "curl https://llm.example.com/v1/models \\\n  -H \"Authorization: Bearer $KEYWRIGHT_KEY\"",
            )],
            None,
        ),
        client(
            "python",
            "Python",
            vec![snippet(
                "py",
                "openai",
                "from openai import OpenAI\nclient = OpenAI(base_url=\"https://llm.example.com/v1\")",
            )],
            None,
        ),
        client("node", "Node", vec![snippet("js", "openai", "import OpenAI from \"openai\";")], None),
    ];
    view! {
        <Section id="handing-over" title="Key minted">
            <SecretField label="Copy it now. It is not shown again." secret=SECRET.to_owned() hint="Put it into your secret store. Lost it? Rotate the key: its history and budgets stay."/>
        </Section>
        <Section id="snippets" title="Use it">
            <Snippets clients=clients/>
            <LiveLine url="/keys/key_1/first-call" waiting="Waiting for your first call. Paste the command above into a terminal." check_href="/keys/key_1" check="Check for the first call"/>
        </Section>
    }
}

fn about() -> impl IntoView {
    let calendar = calendar();
    let event = move |days, who: &str, did: &str, changes| Event {
        when: when(&calendar, calendar.now.plus_days(days)).into_any(),
        who: who.to_owned(),
        did: did.to_owned(),
        changes,
    };
    let step =
        |state, title: &str, text: &str, action| Step { state, title: title.to_owned(), text: text.to_owned(), action };
    view! {
        <Section id="terms" title="What it can do">
            <div class="panel"><Facts facts=vec![
                Fact::new("Models", "14").noted("Standard developer, version 7"),
                Fact::new("Budget", "$50.00 a month").noted("this key"),
                Fact::new("Requests a minute", "60").noted("team Billing"),
                Fact::new("Id", view! { <Id text="key_01hzy2qkq8x0r3m5t7v9"/> }),
            ]/></div>
        </Section>
        <Section id="first-steps" title="First steps">
            <Steps steps=vec![
                step(StepState::Done, "Sign in", "You are signed in as a developer.", None),
                step(StepState::Next, "Mint a key", "Three fields; the limits are filled in from your guardrails.", Some(view! { <a class="button primary" href="/keys/new">"Mint a key"</a> }.into_any())),
                step(StepState::Later, "Make a call", "Paste a ready command; the page tells you when it arrives.", None),
            ]/>
        </Section>
        <Section id="history" title="History">
            <History events=vec![
                event(0, "You", "changed the budget", vec![Change { what: "Budget a month".to_owned(), before: Some("$20.00".to_owned()), after: "$50.00".to_owned() }]),
                event(-3, "Lena Lead", "rotated the secret", vec![]),
                event(-30, "You", "minted the key", vec![Change { what: "Guardrails".to_owned(), before: None, after: "Standard developer, version 7".to_owned() }]),
            ]/>
        </Section>
    }
}
