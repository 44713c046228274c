//! The spool as a whole: crashes at every byte, damage, calls longer than segments, failing disks.

use super::super::testing::{key, small_segments, usage, usd};
use super::log::segment_path;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::Ordering;

fn intent(amount: i64) -> Intent {
    let key = key(1, &[]).key.id;
    Intent { key, model: "demo-large".into(), amount: usd(amount), prompt_bound: usd(1), lines: vec![] }
}
fn event(number: i64) -> EventId {
    EventId::from_i64(number)
}
fn settle(spool: &Spool, number: i64) {
    let (_, written) = spool.settle(&finished(number)).unwrap();
    written.unwrap();
}
fn finished(number: i64) -> Arc<UsageRecord> {
    Arc::new(usage(event(number), key(1, &[]).key.id, number))
}
/// As whoever carries records into the database reads them.
fn carry(spool: &Spool, cursor: Cursor, most: usize) -> (Vec<Arc<UsageRecord>>, Cursor) {
    spool.fresh(cursor, most).unwrap_or_else(|| spool.read(cursor, most).unwrap())
}
fn large_segments() -> Settings {
    Settings { segment_bytes: 1_000_000, ..small_segments() }
}

#[test]
fn what_an_older_version_left_is_read_and_carried_on() {
    use super::record::OLDER_HEADERS;
    use super::record::testing::encode_as_then;
    for header in OLDER_HEADERS {
        let folder = tempfile::tempdir().unwrap();
        let mut left = header.to_vec();
        for number in 1..=2 {
            left.extend(encode_as_then(header, Kind::Intent, event(number), &intent(100 * number)));
        }
        let checkpoint = Checkpoint { tokens: Default::default(), cost: usd(5) };
        left.extend(encode_as_then(header, Kind::Checkpoint, event(2), &checkpoint));
        left.extend(encode_as_then(header, Kind::Extended, event(2), &Extension { amount: usd(250) }));
        left.extend(encode_as_then(header, Kind::Settled, event(1), &*finished(1)));
        fs::write(segment_path(folder.path(), 1), left).unwrap();

        let (spool, found) = Spool::open(folder.path(), large_segments()).unwrap();
        assert_eq!((found.settled.len(), found.interrupted.len()), (1, 1));
        assert_eq!(found.interrupted[0].intent, intent(250));
        assert_eq!(found.interrupted[0].checkpoint, Some(checkpoint));
        let (records, cursor) = carry(&spool, Cursor::default(), 10);
        assert_eq!(records, [finished(1)]);
        // The older segment goes, and the call that is still in flight stands in a newer one as it was.
        spool.admit(event(3), &intent(300)).unwrap();
        let (_, cursor) = carry(&spool, cursor, 10);
        spool.ingested(cursor).unwrap();
        assert!(!segment_path(folder.path(), 1).exists());
        drop(spool);
        let (_, found) = Spool::open(folder.path(), large_segments()).unwrap();
        let open: Vec<Intent> = found.interrupted.into_iter().map(|call| call.intent).collect();
        assert_eq!(open, [intent(250), intent(300)]);
    }
}

#[test]
fn a_segment_cut_at_any_byte_keeps_every_call_that_was_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open(folder.path(), large_segments()).unwrap();
    // Where the file ends once each step is written.
    let mut ends = vec![];
    for number in 1..=4 {
        spool.admit(event(number), &intent(100)).unwrap();
        let admitted = spool.total_bytes();
        settle(&spool, number);
        ends.push((admitted, spool.total_bytes()));
    }
    drop(spool);
    let bytes = fs::read(segment_path(folder.path(), 1)).unwrap();
    for cut in 0..=bytes.len() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(segment_path(folder.path(), 1), &bytes[..cut]).unwrap();
        let (_, _, found) = replay::replay(folder.path()).unwrap();
        let written = |end: u64| end <= cut as u64;
        let settled = ends.iter().filter(|&&(_, end)| written(end)).count();
        let admitted = ends.iter().filter(|&&(end, _)| written(end)).count();
        assert_eq!((found.settled.len(), found.interrupted.len()), (settled, admitted - settled), "cut at {cut}");
        assert!(found.quarantined.is_empty());
        // Mended once, a second start finds the same.
        let (_, _, again) = replay::replay(folder.path()).unwrap();
        assert_eq!((again.settled, again.interrupted), (found.settled, found.interrupted));
    }
}

#[test]
fn damage_in_the_middle_is_set_aside_and_everything_around_it_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open(folder.path(), large_segments()).unwrap();
    for number in 1..=3 {
        spool.admit(event(number), &intent(100)).unwrap();
    }
    settle(&spool, 1);
    let damaged_from = spool.total_bytes() as usize;
    settle(&spool, 2);
    let damaged_until = spool.total_bytes() as usize;
    settle(&spool, 3);
    drop(spool);
    let path = segment_path(folder.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    bytes[damaged_from + 40] ^= 1;
    fs::write(&path, &bytes).unwrap();

    let (spool, found) = Spool::open(folder.path(), large_segments()).unwrap();
    assert_eq!(found.settled.keys().copied().collect::<BTreeSet<_>>(), BTreeSet::from([event(1), event(3)]));
    assert_eq!(
        found.interrupted.iter().map(|call| call.event).collect::<Vec<_>>(),
        [event(2)],
        "charged, not forgotten"
    );
    let [aside] = &found.quarantined[..] else { panic!("one damaged place") };
    assert_eq!(fs::read(aside).unwrap(), bytes[damaged_from..damaged_until]);
    let (read, _) = spool.read(Cursor::default(), 10).unwrap();
    assert_eq!(read.iter().map(|record| record.id).collect::<Vec<_>>(), [event(1), event(3)]);
}

#[test]
fn a_segment_of_another_version_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(segment_path(folder.path(), 1), b"KWSPOOL\x05 whatever").unwrap();
    assert!(matches!(Spool::open(folder.path(), small_segments()), Err(SpoolUnreadable::OtherVersion { .. })));
}

#[test]
fn a_segment_of_the_version_before_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open(folder.path(), small_segments()).unwrap();
    spool.admit(event(1), &intent(100)).unwrap();
    settle(&spool, 1);
    drop(spool);
    let path = segment_path(folder.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    bytes[7] = 1;
    fs::write(&path, bytes).unwrap();
    let (spool, found) = Spool::open(folder.path(), small_segments()).unwrap();
    assert_eq!((found.settled.len(), found.quarantined.len()), (1, 0));
    assert_eq!(spool.read(Cursor::default(), 10).unwrap().0.len(), 1);
}

#[test]
fn one_long_call_does_not_keep_the_segments_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open(folder.path(), small_segments()).unwrap();
    spool.admit(event(1), &intent(777)).unwrap();
    spool.checkpoint(event(1), &Checkpoint { tokens: Default::default(), cost: usd(5) }).unwrap();
    let mut cursor = Cursor::default();
    for number in 2..200 {
        spool.admit(event(number), &intent(1)).unwrap();
        settle(&spool, number);
        if number % 10 == 0 {
            (_, cursor) = carry(&spool, cursor, 1_000);
            spool.ingested(cursor).unwrap();
            assert!(spool.total_bytes() < 15_000);
        }
    }
    drop(spool);
    let (spool, found) = Spool::open(folder.path(), small_segments()).unwrap();
    let [call] = &found.interrupted[..] else { panic!("one call is open") };
    assert_eq!((call.event, call.intent.amount, call.checkpoint.unwrap().cost), (event(1), usd(777), usd(5)));
    // Its end is in a later segment than its first intent, and both go together.
    settle(&spool, 1);
    let (_, end) = spool.read(Cursor::default(), 10_000).unwrap();
    spool.ingested(end).unwrap();
    drop(spool);
    let (_, found) = Spool::open(folder.path(), small_segments()).unwrap();
    assert!(found.interrupted.is_empty());
}

#[test]
fn a_write_that_fails_half_way_leaves_no_half_record_for_what_follows() {
    for cut_fails in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let disk = QuotaDisk::new(1_000_000);
        disk.cut_fails.store(cut_fails, Ordering::SeqCst);
        let room = disk.room.clone();
        let (spool, _) = Spool::open_on(Arc::new(disk), folder.path(), large_segments()).unwrap();
        spool.admit(event(1), &intent(100)).unwrap();
        spool.admit(event(2), &intent(100)).unwrap();
        room.store(30, Ordering::SeqCst);
        let (_, written) = spool.settle(&finished(1)).unwrap();
        assert!(written.is_err());
        assert!(spool.settle(&finished(1)).is_none(), "it has ended");
        room.store(1_000_000, Ordering::SeqCst);
        settle(&spool, 2);
        spool.flush().unwrap();
        assert_eq!(spool.unwritten(), []);
        let (read, _) = spool.read(Cursor::default(), 10).unwrap();
        assert_eq!(read.iter().map(|record| record.id).collect::<BTreeSet<_>>(), BTreeSet::from([event(1), event(2)]));
        drop(spool);
        let (_, found) = Spool::open(folder.path(), large_segments()).unwrap();
        assert_eq!((found.settled.len(), found.interrupted.len(), found.quarantined.len()), (2, 0, 0));
    }
}

#[test]
fn after_a_failed_sync_nothing_is_admitted_until_a_new_file_syncs() {
    let folder = tempfile::tempdir().unwrap();
    let disk = QuotaDisk::new(1_000_000);
    let fails = disk.sync_fails.clone();
    let (spool, _) = Spool::open_on(Arc::new(disk), folder.path(), large_segments()).unwrap();
    spool.admit(event(1), &intent(100)).unwrap();
    spool.flush().unwrap();
    fails.store(true, Ordering::SeqCst);
    spool.admit(event(2), &intent(100)).unwrap();
    assert!(spool.flush().is_err());
    assert!(matches!(spool.admit(event(3), &intent(100)), Err(Refused::Failing)));
    settle(&spool, 2);
    fails.store(false, Ordering::SeqCst);
    spool.flush().unwrap();
    spool.admit(event(3), &intent(100)).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "what follows a failed sync goes into another file");
}

/// Waits for what the syncing thread does by itself.
fn until(spool: &Spool, what: &str, is: fn(&State) -> bool) {
    let begun = std::time::Instant::now();
    while !is(&spool.shared.lock()) {
        assert!(begun.elapsed() < Duration::from_secs(10), "not {what}");
        std::thread::yield_now();
    }
}

#[test]
fn what_is_written_is_synced_whether_the_thread_looks_by_itself_or_sleeps() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open(folder.path(), large_segments()).unwrap();
    for number in [1, 3] {
        until(&spool, "asleep", |state| !state.is_attended);
        spool.note_denied(&finished(number)).unwrap();
        until(&spool, "synced, woken by the writer", |state| !state.log.is_dirty());
        spool.note_denied(&finished(number + 1)).unwrap();
        until(&spool, "synced, found by the thread", |state| !state.log.is_dirty());
    }
}

#[test]
fn a_call_that_is_carried_on_while_the_thread_sleeps_does_not_keep_it_asleep() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open(folder.path(), small_segments()).unwrap();
    spool.admit(event(1), &intent(1)).unwrap();
    for number in 2..50 {
        spool.note_denied(&finished(number)).unwrap();
    }
    until(&spool, "asleep", |state| !state.is_attended);
    let (_, end) = carry(&spool, Cursor::default(), 1_000);
    spool.ingested(end).unwrap();
    spool.note_denied(&finished(50)).unwrap();
    until(&spool, "synced", |state| !state.log.is_dirty());
}

#[test]
fn denials_leave_room_for_calls() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { max_bytes: 20_000, ..small_segments() };
    let (spool, _) = Spool::open(folder.path(), settings).unwrap();
    let refused = (0..1_000).find(|&number| spool.note_denied(&finished(number)).is_err());
    assert!(refused.is_some() && spool.total_bytes() <= 10_000);
    spool.admit(event(1_001), &intent(1)).unwrap();
}

/// How many the spool below keeps in memory.
const HELD: usize = 100;

#[derive(Debug, Clone)]
enum Step {
    Write(u8),
    Carry(usize),
    /// The database did not take what was read.
    InVain(usize),
    /// More than is kept in memory.
    Burst,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (1u8..20).prop_map(Step::Write),
        8 => (1usize..30).prop_map(Step::Carry),
        2 => (1usize..30).prop_map(Step::InVain),
        1 => Just(Step::Burst),
    ];
    prop::collection::vec(step, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_record_is_carried_once_and_in_order_from_memory_or_from_the_files(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let (spool, _) = Spool::open(folder.path(), Settings { held_records: HELD, ..large_segments() }).unwrap();
        let (mut written, mut cursor, mut carried) = (0, Cursor::default(), vec![]);
        let mut take = |cursor: &mut Cursor, most| {
            let (records, next) = carry(&spool, *cursor, most);
            carried.extend(records.iter().map(|record| record.id.as_i64()));
            spool.ingested(next).unwrap();
            std::mem::replace(cursor, next) != next
        };
        for step in steps {
            let new = match step {
                Step::Write(some) => i64::from(some),
                Step::Burst => HELD as i64 + 1,
                Step::Carry(most) => {
                    take(&mut cursor, most);
                    0
                }
                Step::InVain(most) => {
                    carry(&spool, cursor, most);
                    0
                }
            };
            for number in written..written + new {
                spool.note_denied(&finished(number)).unwrap();
            }
            written += new;
        }
        while take(&mut cursor, 500) {}
        prop_assert_eq!(carried, (0..written).collect::<Vec<_>>());
    }
}
