//! How far a run is, on stderr: a bar for a person, a line now and then for a log.

use super::terminal;
use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};
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
    /// Shows how far one run is.
    pub fn start(progress: Arc<Progress>) -> Self {
        Self::all(vec![(String::new(), progress)])
    }

    /// Shows how far several are, each behind its name.
    pub fn several(named: Vec<(String, Arc<Progress>)>) -> Self {
        Self::all(named.into_iter().map(|(name, progress)| (format!("{name}: "), progress)).collect())
    }

    fn all(runs: Vec<(String, Arc<Progress>)>) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let watched = terminal::stderr_is_watched();
            let drawn = MultiProgress::new();
            let bars: Vec<Option<ProgressBar>> =
                runs.iter().map(|(name, _)| watched.then(|| drawn.add(bar(name)))).collect();
            let begun = Instant::now();
            let every = if watched { BAR_EVERY } else { LINE_EVERY };
            let show_all = || {
                let each = runs.iter().zip(&bars);
                each.for_each(|((name, progress), bar)| show(bar.as_ref(), (name, progress), begun));
            };
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                show_all();
            }
            match watched {
                true => bars.iter().flatten().for_each(ProgressBar::finish_and_clear),
                false => show_all(),
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

fn bar(name: &str) -> ProgressBar {
    let bar = ProgressBar::new(0).with_prefix(name.to_owned());
    if let Ok(style) =
        ProgressStyle::with_template("{prefix}{spinner} {elapsed} [{bar:30}] {pos} of {len} items, {msg}")
    {
        bar.set_style(style);
    }
    bar
}

fn show(bar: Option<&ProgressBar>, (name, progress): (&str, &Progress), begun: Instant) {
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
            terminal::tell(&format!("{name}{recorded} of {planned} items, {bytes}, {seconds:.1} s"));
        }
    }
}
