//! Runs whose archive is encrypted: kept within a size, and gone on with, as any other.

use super::*;
use crate::archive::{Identities, Recipients};
use age::secrecy::ExposeSecret;

/// A secret key in a file, and the recipient it belongs to.
fn somebody(folder: &tempfile::TempDir) -> (PathBuf, String) {
    let key = age::x25519::Identity::generate();
    let path = folder.path().join("key");
    std::fs::write(&path, key.to_string().expose_secret()).expect("a file");
    (path, key.to_public().to_string())
}

/// Collects for `recipient`, at most `size`, from a pod that says 300 kB that do not pack.
async fn collected(recipient: &str, size: Size, resume: Option<BaseArchive>) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let recipients = Recipients::parse(&[recipient.to_owned()]).expect("a recipient").readable_here();
    let sealing = Sealing { recipients: Some(Arc::new(recipients)), size, ..Sealing::default() };
    let path = folder.path().join("a.zip.age");
    let options = Options { sealing, path, resume, ..options(&folder) };
    let url = serve(|_, path| match path.contains("/pods/api-0/log?") {
        true => ok(loud()),
        false => healthy(path),
    });
    run_with(&url.await, options, folder, std::future::pending()).await
}

fn loud() -> String {
    let (mut state, now) = (1_u64, Utc::now().to_rfc3339());
    let lines = (0..4000).map(|_| {
        let mut line = format!("{now} ");
        for _ in 0..4 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            line.push_str(&format!("{state:016x}"));
        }
        line + "\n"
    });
    lines.collect()
}

#[tokio::test]
async fn an_encrypted_archive_is_kept_within_its_size() {
    let keys = tempfile::tempdir().expect("a folder");
    let (key, recipient) = somebody(&keys);
    let whole = collected(&recipient, Size::Any, None).await;
    assert_eq!(whole.of("pod-logs", LOG).status, Status::Collected);
    let limit = 60_000;
    let ran = collected(&recipient, Size::AtMost(limit), None).await;
    assert!(ran.archive.is_encrypted() && ran.archive.name() == "a");
    let log = ran.of("pod-logs", LOG);
    assert!(log.status == Status::Skipped && log.why.contains("60000 bytes"), "{log:?}");
    let path = ran.folder.path().join("a.zip.age");
    let [small, large] =
        [&path, &whole.folder.path().join("a.zip.age")].map(|path| std::fs::metadata(path).expect("a file").len());
    assert!(small <= limit && large > limit, "{small} {large}");
    // Whoever it is for needs nothing of this program's own key.
    let theirs = Arc::new(Identities::read(&[key]).expect("a key"));
    let archive = Archive::open_as(&path, crate::archive::Limits::default(), Some(&theirs)).expect("an archive");
    assert!(archive.entries().eq(ran.archive.entries()));
    let files: Vec<_> = std::fs::read_dir(ran.folder.path()).expect("a folder").flatten().collect();
    assert_eq!(files.len(), 1, "{files:?}");
}

#[tokio::test]
async fn an_encrypted_archive_is_gone_on_with() {
    let keys = tempfile::tempdir().expect("a folder");
    let (key, recipient) = somebody(&keys);
    let first = collected(&recipient, Size::Any, None).await;
    let path = first.folder.path().join("a.zip.age");
    assert!(BaseArchive::open(&path, None).is_err(), "nobody was named to read it");
    let theirs = Arc::new(Identities::read(&[key]).expect("a key"));
    let base = BaseArchive::open(&path, Some(&theirs)).expect("an archive");
    let again = collected(&recipient, Size::Any, Some(base)).await;
    assert!(again.archive.is_encrypted());
    assert_eq!(again.text("logs/shop/api-0/app/current.log"), first.text("logs/shop/api-0/app/current.log"));
    let missing: Vec<_> = again.outcomes.iter().filter(|outcome| outcome.status.is_missing()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
