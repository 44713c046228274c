//! What a process and its children used: nanoseconds on a core, and memory.
//!
//! Read from `/proc/PID/task/*/schedstat`, which counts in nanoseconds, for every thread of the whole tree. A thread that
//! ended between two readings takes with it what it used since the first: only short-lived threads are undercounted.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

/// Time on a core, by thread.
#[derive(Debug, Clone, Default)]
pub struct CpuTimes(HashMap<u32, u64>);

impl CpuTimes {
    pub fn of_tree(root: u32) -> Self {
        let mut times = HashMap::new();
        for pid in tree(root) {
            for thread in threads(pid) {
                let path = format!("/proc/{pid}/task/{thread}/schedstat");
                let nanos = fs::read_to_string(path).ok().and_then(|text| text.split(' ').next()?.parse().ok());
                times.extend(nanos.map(|nanos| (thread, nanos)));
            }
        }
        Self(times)
    }

    pub fn since(&self, before: &Self) -> Duration {
        let used = |(thread, now): (&u32, &u64)| now.saturating_sub(before.0.get(thread).copied().unwrap_or(0));
        Duration::from_nanos(self.0.iter().map(used).sum())
    }
}

/// Memory that the tree holds now, in bytes: pages shared with others count in each process.
pub fn resident_bytes(root: u32) -> u64 {
    tree(root).into_iter().filter_map(|pid| resident_of(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)).sum()
}

fn resident_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn tree(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut at = 0;
    while let Some(&pid) = found.get(at) {
        for thread in threads(pid) {
            let children = fs::read_to_string(format!("/proc/{pid}/task/{thread}/children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
        at += 1;
    }
    found
}

fn threads(pid: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_of_any_thread_is_counted() {
        let own = std::process::id();
        let before = CpuTimes::of_tree(own);
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let (ready, worked) = std::sync::mpsc::channel();
        let worker = std::thread::spawn(move || {
            let begun = std::time::Instant::now();
            while begun.elapsed() < Duration::from_millis(20) {
                std::hint::black_box(0u64.wrapping_add(1));
            }
            ready.send(()).unwrap();
            let _ = wait.recv();
        });
        worked.recv().unwrap();
        let used = CpuTimes::of_tree(own).since(&before);
        drop(done);
        worker.join().unwrap();
        assert!(used > Duration::from_millis(1), "{used:?}");
        assert!(resident_bytes(own) > 100_000);
    }

    #[test]
    fn memory_is_read_from_the_status() {
        assert_eq!(resident_of("Name:\tx\nVmRSS:\t    2048 kB\nThreads: 1\n"), Some(2 * 1024 * 1024));
        assert_eq!(resident_of("Name:\tx\n"), None);
    }
}
