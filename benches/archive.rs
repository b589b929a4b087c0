//! How fast archives are written and verified, beside the tools people use today, in one run on one machine.
//!
//!     cargo bench --bench archive [-- --megabytes 500]
//!     cargo bench --bench archive -- --one-log 5000     one log of 5,000 MB: peak memory, and whether unzip agrees
//!
//! Writing: node logs into an archive, against `zip -6` on the same files, on one processor and on all. Verifying: an
//! archive of twice that, against `unzip -p | sha256sum`. Every figure is the median of three. Needs zip, unzip,
//! sha256sum and taskset.

#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints its figures")]

use chrono::Utc;
use k8s_forensics::archive::format::{ClusterId, FORMAT, Header};
use k8s_forensics::archive::{ArchiveWriter, Content, EntryBuilder, Target};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const FILES: usize = 8;
const RUNS: usize = 3;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, verb, folder, out, threads] = args.as_slice()
        && verb == "write"
    {
        return write(Path::new(folder), Path::new(out), threads.parse().expect("a number of threads"));
    }
    let option = |name: &str| args.iter().skip_while(|arg| *arg != name).nth(1);
    let number = |text: &String| text.parse().expect("a number of megabytes");
    match option("--one-log") {
        Some(megabytes) => one_log(number(megabytes)),
        None => compare(option("--megabytes").map_or(500, number)),
    }
}

/// One log that is larger than the memory it may take.
fn one_log(megabytes: usize) {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("large.zip");
    let mut writer = begin(&path);
    let mut entry = EntryBuilder::new(writer.target(), "logs/a/b/c/current.log", Content::Log).expect("an entry");
    let mut random = Random(7);
    let mut text = String::new();
    while text.len() < 8_000_000 {
        line(&mut text, random.below(3_600_000_000), &mut random);
    }
    while entry.bytes() < megabytes as u64 * 1_000_000 {
        entry.write(text.as_bytes()).expect("an entry");
    }
    writer.append(entry.finish().expect("an entry")).expect("room for it");
    writer.seal(None).expect("a sealed archive");
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).expect("peak memory");
    println!("one log of {megabytes} MB: {}", peak.split_whitespace().collect::<Vec<_>>().join(" "));
    let path = path.to_string_lossy();
    let unzip = shell(&format!("unzip -tq {path}"));
    let python = shell(&format!("python3 -c 'import zipfile; assert not zipfile.ZipFile(\"{path}\").testzip()'"));
    let ours = shell(&format!("{} verify {path}", env!("CARGO_BIN_EXE_k8s-forensics")));
    println!(
        "unzip agrees after {:.0} s, Python after {:.0} s, verify after {:.0} s",
        secs(unzip),
        secs(python),
        secs(ours)
    );
}

fn compare(megabytes: usize) {
    let home = tempfile::tempdir().expect("a folder");
    let logs = home.path().join("logs");
    make_logs(&logs, megabytes);
    let bytes: u64 = files(&logs).iter().map(|file| fs::metadata(file).expect("a log").len()).sum();
    println!("{:.0} MB of node logs in {FILES} files", bytes as f64 / 1e6);
    let (ours, zips) = (home.path().join("ours.zip"), home.path().join("zip.zip"));
    let this = std::env::current_exe().expect("this program");
    let this = this.to_string_lossy();
    let (logs, ours, zips) = (logs.to_string_lossy(), ours.to_string_lossy(), zips.to_string_lossy());
    let zip = median(|| shell(&format!("rm -f {zips}; taskset -c 0 zip -6 -qr {zips} {logs}")));
    let one = median(|| shell(&format!("rm -f {ours}*; taskset -c 0 {this} write {logs} {ours} 1")));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let all = median(|| shell(&format!("rm -f {ours}*; {this} write {logs} {ours} {cores}")));
    let ratio = |than: Duration, it: Duration| than.as_secs_f64() / it.as_secs_f64();
    let size = |path: &str| fs::metadata(path).expect("a zip").len() as f64;
    println!(
        "write, 1 processor:  {:.2} s, zip -6 {:.2} s: {:.2} times as fast",
        secs(one),
        secs(zip),
        ratio(zip, one)
    );
    println!("write, {cores} processors: {:.2} s: {:.2} times as fast", secs(all), ratio(zip, all));
    println!("size: {:.3} of zip -6", size(&ours) / size(&zips));

    let (double, big) = (home.path().join("double"), home.path().join("big.zip"));
    make_logs(&double, 2 * megabytes);
    let (double, big) = (double.to_string_lossy(), big.to_string_lossy());
    shell(&format!("{this} write {double} {big} {cores}"));
    let tool = env!("CARGO_BIN_EXE_k8s-forensics");
    let sums = median(|| shell(&format!("unzip -p {big} | sha256sum >/dev/null")));
    let verify = median(|| shell(&format!("{tool} verify {big} >/dev/null")));
    println!(
        "verify of {} MB: {:.2} s, unzip -p | sha256sum {:.2} s: {:.2} times as fast",
        2 * megabytes,
        secs(verify),
        secs(sums),
        ratio(sums, verify)
    );
}

fn secs(time: Duration) -> f64 {
    time.as_secs_f64()
}

fn median(mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS).map(|_| run()).collect();
    times.sort();
    times[RUNS / 2]
}

fn shell(script: &str) -> Duration {
    let began = Instant::now();
    let status = Command::new("bash").args(["-euo", "pipefail", "-c", script]).stdin(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{script}");
    began.elapsed()
}

/// What `collect` does with the logs of a node, without the node: compress and hash on some threads, write on one.
fn write(folder: &Path, out: &Path, threads: usize) {
    let mut writer = begin(out);
    let target = writer.target().clone();
    let (files, next) = (files(folder), AtomicUsize::new(0));
    let (sender, receiver) = mpsc::sync_channel(16);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, files, next, target) = (sender.clone(), &files, &next, &target);
            scope.spawn(move || {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    sender.send(packed(target, file)).expect("the writer is there");
                }
            });
        }
        drop(sender);
        receiver.into_iter().for_each(|entry| writer.append(entry).expect("room"));
    });
    writer.seal(None).expect("a sealed archive");
}

fn begin(out: &Path) -> ArchiveWriter {
    let now = Utc::now();
    let target = Target::new("bench", now, out.parent().expect("a folder"));
    let mut writer = ArchiveWriter::create(out, target, true).expect("a file");
    let header = Header {
        format: FORMAT,
        tool: "bench".into(),
        cluster: ClusterId::default(),
        from: now,
        to: now,
        started_at: now,
        options: [].into(),
        clocks: Vec::new(),
    };
    writer.header(&header).expect("a header");
    writer
}

fn packed(target: &Target, file: &Path) -> k8s_forensics::archive::PreparedEntry {
    let name = file.file_name().expect("a name").to_string_lossy();
    let mut entry = EntryBuilder::new(target, format!("nodes/{name}"), Content::Log).expect("an entry");
    let mut log = fs::File::open(file).expect("a log");
    let mut chunk = vec![0; 1 << 16];
    loop {
        match std::io::Read::read(&mut log, &mut chunk).expect("a log") {
            0 => return entry.finish().expect("an entry"),
            count => entry.write(&chunk[..count]).expect("an entry"),
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    files
}

/// Lines as kubelets, containerd and the kernel print them, with names and numbers from pools.
fn make_logs(folder: &Path, megabytes: usize) {
    fs::create_dir_all(folder).expect("a folder");
    for file in 0..FILES {
        let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ (file as u64 + 1));
        let mut text = String::with_capacity(megabytes * 1_000_000 / FILES + 400);
        let mut micros = 0;
        while text.len() < megabytes * 1_000_000 / FILES {
            micros += 1 + random.below(40_000);
            line(&mut text, micros, &mut random);
        }
        fs::write(folder.join(format!("node-{file}.log")), text).expect("room for logs");
    }
}

fn line(text: &mut String, micros: u64, random: &mut Random) {
    let (second, micro) = (micros / 1_000_000, micros % 1_000_000);
    let time = format!("{:02}:{:02}:{:02}.{micro:06}", 6 + second / 3600 % 18, second / 60 % 60, second % 60);
    let (pod, id) = (random.below(300), random.pooled(4000));
    let _ = match random.below(5) {
        0 => writeln!(
            text,
            "Nov 21 {time} node-1 kubelet[914]: I1121 {time}     914 kubelet.go:2410] \"SyncLoop (PLEG): event for pod\" pod=\"shop/api-{pod}\" event={{\"ID\":\"{id:016x}\",\"Type\":\"ContainerStarted\",\"Data\":\"{id:016x}{:016x}\"}}",
            random.next()
        ),
        1 => writeln!(
            text,
            "Nov 21 {time} node-1 containerd[611]: time=\"2026-11-21T{time}Z\" level=info msg=\"StartContainer for \\\"{id:016x}{id:016x}\\\" returns successfully\""
        ),
        2 => writeln!(
            text,
            "Nov 21 {time} node-1 kubelet[914]: E1121 {time}     914 pod_workers.go:1300] \"Error syncing pod, skipping\" err=\"failed to \\\"StartContainer\\\" for \\\"app\\\" with CrashLoopBackOff: \\\"back-off 5m0s restarting failed container=app pod=api-{pod}_shop({id:016x})\\\"\" pod=\"shop/api-{pod}\" podUID=\"{id:016x}\""
        ),
        3 => writeln!(
            text,
            "Nov 21 {time} node-1 kernel: [{second:>5}.{micro:06}] eth0: renamed from veth{:08x}",
            random.next() as u32
        ),
        _ => writeln!(
            text,
            "Nov 21 {time} node-1 kubelet[914]: I1121 {time}     914 prober.go:107] \"Probe failed\" probeType=\"Readiness\" pod=\"shop/api-{pod}\" podUID=\"{id:016x}\" containerName=\"app\" probeResult=\"failure\" output=\"HTTP probe failed with statuscode: {}\"",
            500 + random.below(4)
        ),
    };
}

/// Xorshift: the same logs in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// One of `size` numbers that look random.
    fn pooled(&mut self, size: u64) -> u64 {
        Self(0xD1B5_4A32_D192_ED03 ^ (self.below(size) + 1)).next().wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}
