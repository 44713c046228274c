//! What was packed comes back, whichever release packed it.

use super::super::record::decode;
use super::*;
use domain::id::Id12;

fn id(letter: u8) -> Id12 {
    Id12::from_random(&[letter; 12])
}

fn everything() -> UsageRecord {
    let line = |scope, window| BudgetLine { scope, window, window_start: Timestamp::from_ms(1_800_000_000_000) };
    let scopes = [
        (BudgetScope::Organisation, Window::Hour),
        (BudgetScope::Unit(UnitId::new(id(1))), Window::Day),
        (BudgetScope::CostCentre(CostCentreId::new(id(2))), Window::Week),
        (BudgetScope::Application(ApplicationId::new(id(3))), Window::Month),
        (BudgetScope::Team(TeamId::new(id(4))), Window::Quarter),
        (BudgetScope::Person(PersonId::new(id(5))), Window::Total),
        (BudgetScope::Profile(ProfileId::new(id(6))), Window::Day),
        (BudgetScope::Key(KeyId::new(id(7))), Window::Day),
    ];
    UsageRecord {
        id: EventId::from_i64(0x0123_4567_89AB_CDEF),
        key: KeyId::new(id(7)),
        model: "größe-1".into(),
        deployment: Some(DeploymentId::new(id(8))),
        endpoint: Some(Endpoint::Rerank),
        network: "192.0.2.1".into(),
        agent: String::new(),
        secret_version: -1,
        status: 502,
        outcome: Outcome::ProviderFailed,
        denial: Some("provider_timeout".into()),
        streamed: true,
        tokens: TokenUsage {
            input: 1,
            cache_read: 2,
            cache_write: 3,
            cache_write_1h: 4,
            output: 6,
            reasoning: 5,
            beside: Beside { searches: 9, tier: ServiceTier::Flex, ..Beside::NOTHING },
        },
        cost: NanoUsd::from_nano(i64::MAX),
        source: UsageSource::Estimated,
        price_version: 3,
        duration_ms: 70_000,
        first_byte_ms: Some(12),
        charged: scopes.map(|(scope, window)| line(scope, window)).into(),
        attempts: 2,
        repeated: 1,
        watched: RuleSet::NONE.with(CallRule::Models).with(CallRule::LongAnswers),
    }
}

fn packed(value: &impl Packed) -> Vec<u8> {
    let mut bytes = vec![];
    value.pack(&mut bytes);
    bytes
}

/// Should this fail, a journal that an earlier release wrote is not understood: give the format a new version.
#[test]
fn what_was_written_once_is_read_for_ever() {
    assert_eq!(hex(&packed(&everything())), WRITTEN);
}

const WRITTEN: [&str; 14] = [
    "efcdab8967452301373737373737373737373737090000006772c3b6c39f652d",
    "31013838383838383838383838380111090000003139322e302e322e31000000",
    "00fffffffffffffffff60103011000000070726f76696465725f74696d656f75",
    "7401010000000000000002000000000000000300000000000000040000000000",
    "0000060000000000000005000000000000000100000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "00000000000000000000000900000000000000000000000000000002ffffffff",
    "ffffff7f02030000000000000070110100010c00000008000000000100505c18",
    "a3010000013131313131313131313131310200505c18a3010000023232323232",
    "323232323232320300505c18a301000003333333333333333333333333040050",
    "5c18a3010000043434343434343434343434340500505c18a301000005353535",
    "3535353535353535350600505c18a30100000636363636363636363636363602",
    "00505c18a3010000073737373737373737373737370200505c18a30100000200",
    "00000100000002000000030a",
];

fn hex(bytes: &[u8]) -> Vec<String> {
    bytes.chunks(32).map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect()).collect()
}

#[test]
fn every_value_and_every_word_comes_back() {
    let record = everything();
    assert_eq!(UsageRecord::unpack(&mut &*packed(&record)), Some(record));
    fn all<T: Packed + PartialEq + std::fmt::Debug>(words: impl IntoIterator<Item = T>) {
        for word in words {
            assert_eq!(T::unpack(&mut &*packed(&word)), Some(word));
        }
    }
    all(Window::ALL);
    all(Outcome::ALL);
    all(UsageSource::ALL);
    all(ServiceTier::ALL);
    all(Endpoint::ALL);
    all([CallRule::ALL.into_iter().collect::<RuleSet>(), RuleSet::NONE]);
}

#[test]
fn what_is_cut_short_is_not_understood_and_what_stands_behind_is_left() {
    let whole = packed(&everything());
    for cut in 0..whole.len() {
        assert_eq!(UsageRecord::unpack(&mut &whole[..cut]), None, "cut at {cut}");
    }
    let newer = [&[1], &*whole, b"what a later release knows"].concat();
    assert_eq!(decode::<UsageRecord>(&newer).unwrap(), everything());
}

#[test]
fn absurd_lengths_and_unknown_codes_are_refused() {
    assert_eq!(String::unpack(&mut &[0xFF, 0xFF, 0xFF, 0x7F, b'a'][..]), None);
    assert_eq!(Vec::<BudgetLine>::unpack(&mut &[0xFF, 0xFF, 0xFF, 0xFF][..]), None);
    assert_eq!((Window::unpack(&mut &[0][..]), Outcome::unpack(&mut &[9][..])), (None, None));
    assert_eq!(Option::<u32>::unpack(&mut &[2, 0, 0, 0, 0][..]), None);
}
