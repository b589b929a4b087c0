//! How far a run is, on stderr: a bar for a person, a line now and then for a log.

use super::terminal;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use k8s_forensics::sources::Progress;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const BAR_EVERY: Duration = Duration::from_millis(120);
const LINE_EVERY: Duration = Duration::from_secs(10);

/// A thread that shows [`Progress`] until told to end.
pub struct Shown {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Shown {
    pub fn start(progress: Arc<Progress>) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let bar = terminal::stderr_is_watched().then(bar);
            let begun = Instant::now();
            let every = if bar.is_some() { BAR_EVERY } else { LINE_EVERY };
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                show(bar.as_ref(), &progress, begun);
            }
            match bar {
                Some(bar) => bar.finish_and_clear(),
                None => show(None, &progress, begun),
            }
        });
        Self { stop, thread }
    }

    pub fn end(self) {
        drop(self.stop);
        // The thread only draws; there is nothing to say if it could not.
        let _ = self.thread.join();
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} [{bar:30}] {pos} of {len} items, {msg}") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: Option<&ProgressBar>, progress: &Progress, begun: Instant) {
    let bytes = HumanBytes(progress.bytes());
    match bar {
        Some(bar) => {
            bar.set_length(progress.planned());
            bar.set_position(progress.recorded());
            bar.set_message(bytes.to_string());
            bar.tick();
        }
        None if progress.planned() == 0 => {}
        None => {
            let (recorded, planned) = (progress.recorded(), progress.planned());
            let seconds = begun.elapsed().as_secs_f64();
            terminal::tell(&format!("{recorded} of {planned} items, {bytes}, {seconds:.1} s"));
        }
    }
}
