//! What the process writes about itself: JSON lines for machines under `serve`, short lines for people under `dev`.
//!
//! Always true: a panic is logged with its place and without its message, which may hold what a request contained;
//! the memory of the process, which holds secrets, is neither dumped on a crash nor readable by a debugger of the same user.

use std::io;
use std::panic::PanicHookInfo;

use rustix::process::{DumpableBehavior, Resource, Rlimit};
use tracing_subscriber::EnvFilter;

/// The environment variable that chooses what is logged, such as `info,server=debug`.
const FILTER: &str = "KEYWRIGHT_LOG";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    People,
    Machines,
}

/// Call once, first thing in a long-running command. Logs go to the standard error output; what a command answers, to the other.
pub fn start(style: Style) {
    let filter = EnvFilter::try_from_env(FILTER).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A second call finds the first one's subscriber in place, which is as good.
    let _ = match style {
        Style::Machines => builder.json().flatten_event(true).try_init(),
        Style::People => builder.compact().with_target(false).try_init(),
    };
    std::panic::set_hook(Box::new(log_panic));
}

fn log_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    tracing::error!(
        panic.place = place,
        panic.thread = thread,
        "a part of the process failed at {place}; please report this"
    );
}

/// Keeps secrets in memory out of core files and debuggers. Call before any secret is read.
pub fn protect_memory() -> io::Result<()> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    rustix::process::setrlimit(Resource::Core, none)?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_logged_by_its_place_and_not_by_its_message() {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(log_panic));
        let result = tracing::subscriber::with_default(subscriber, || {
            std::panic::catch_unwind(|| panic!("the prompt was: {}", "my diary"))
        });
        std::panic::set_hook(before);
        assert!(result.is_err());
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("telemetry.rs:"), "{text}");
        assert!(!text.contains("diary"), "{text}");
    }

    #[test]
    fn memory_is_kept_out_of_core_files() {
        protect_memory().unwrap();
        assert_eq!(rustix::process::getrlimit(Resource::Core).current, Some(0));
        let dumpable = rustix::process::dumpable_behavior().unwrap();
        assert_eq!(dumpable, DumpableBehavior::NotDumpable);
    }
}
