//! `attach` against hosts that are none: each answers as its documented interface does, notes what that does not have, and
//! fails where it is told to. tests/attach.sh is the same with a real Gitea.

mod command;
mod gitea;
mod github;
mod gitlab;
mod jira;
mod server;

use k8s_forensics::attach::{self, Access, Address, Attached, Body, Fault, If, Issue, Pace, Secret, Target, Upload};
use server::{Answer, Failing, ME, OTHER, Server, Store, TOKEN};
use std::time::Duration;

/// A host, an issue of it, and the names that files of a report have there.
struct Case {
    target: &'static str,
    answer: Answer,
    files: &'static [&'static str],
    /// A part of the path that a new comment is posted to.
    comments: &'static str,
}

const CASES: &[Case] = &[
    Case { target: "github:shop/infra#12", answer: github::answer, files: &[], comments: "/issues/12/comments" },
    Case {
        target: "gitlab:shop/ops/infra#12",
        answer: gitlab::answer,
        files: &["postmortem.md", "timeline.html", "report.json"],
        comments: "/notes",
    },
    Case {
        target: "gitea:shop/infra#12",
        answer: gitea::answer,
        files: &["postmortem.md", "timeline.html.gz", "report.json"],
        comments: "/issues/12/comments",
    },
    Case {
        target: "jira:OPS-12",
        answer: jira::answer,
        files: &["postmortem.md", "timeline.html", "report.json"],
        comments: "/comment",
    },
];

impl Case {
    fn start(&self) -> Server {
        let server = Server::start(self.answer);
        // More than a page of others, and one that quotes ours as it would be.
        server.with(|store| {
            (0..120).for_each(|number| {
                store.comment(OTHER, &format!("comment {number}"));
            });
            store.comment(OTHER, "<!-- k8s-forensics: attached report 0000000000000000 -->\n\nnot ours");
        });
        server
    }

    fn issue(&self, of: &str) -> Issue {
        match of.parse() {
            Ok(Target::Issue(issue)) => issue,
            other => panic!("{of}: {other:?}"),
        }
    }

    fn post(&self, server: &Server, body: &Body) -> Result<Attached, Fault> {
        self.post_with(server, (self.target, TOKEN), body, If::EditedKeep)
    }

    fn post_with(
        &self,
        server: &Server,
        (of, token): (&str, &str),
        body: &Body,
        edited: If,
    ) -> Result<Attached, Fault> {
        let issue = self.issue(of);
        let user = issue.host.variables.user.map(|_| "me@example.com".to_owned());
        let credential = issue.host.credential(user, Secret::read(token).expect("a token"));
        let pace = Pace { first: Duration::from_millis(1), answer: Duration::from_secs(5), ..Pace::default() };
        let address = Address::read(&server.url).expect("an address of this machine");
        attach::post(&issue, &Access { address, credential, pace }, body, edited)
    }
}

fn body(text: &str) -> Body {
    let file = |name: &str, text: String| Upload { name: name.to_owned(), bytes: text.into_bytes() };
    Body {
        name: "report".parse().expect("a name"),
        text: format!("# Docker stopped\n\n{text}\n"),
        limit: 32_767,
        files: vec![
            file("postmortem.md", format!("draft of {text}")),
            file("timeline.html", format!("<p>{text}</p>")),
            file("report.json", format!("{{\"of\": \"{text}\"}}")),
        ],
    }
}

/// The comments of our account, and that nothing was asked but what is documented.
fn mine(server: &Server) -> Vec<(u64, String)> {
    server.with(|store| {
        assert_eq!(store.wrong, Vec::<String>::new());
        let mine = store.comments.iter().filter(|comment| comment.author == ME);
        mine.map(|comment| (comment.id, comment.body.clone())).collect()
    })
}

fn files(store: &Store) -> Vec<String> {
    let mut files: Vec<String> = store.files.iter().map(|file| file.name.clone()).collect();
    files.sort();
    files
}

fn sorted(names: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_second_run_changes_its_own_comment_and_files_and_nothing_else() {
    for case in CASES {
        let server = case.start();
        let others = |server: &Server| {
            server.with(|store| {
                store.comments.iter().filter(|one| one.author == OTHER).cloned().map(|one| one.body).collect::<Vec<_>>()
            })
        };
        let before = others(&server);
        let first = case.post(&server, &body("one")).unwrap_or_else(|fault| panic!("{}: {fault}", case.target));
        assert!(!first.is_update, "{}", case.target);
        let [(id, text)] = mine(&server).try_into().expect("one comment");
        assert!(text.contains("Docker stopped") && text.contains("one"), "{text}");
        assert_eq!(server.with(|store| files(store)), sorted(case.files), "{}", case.target);
        assert!(!first.place.is_empty() && first.files == case.files);
        // Somebody else's file of the same name.
        let theirs = server.with(|store| {
            let form = server::Form { name: "report.json".to_owned(), bytes: b"theirs".to_vec() };
            store.file((OTHER, None), &form).id
        });
        let second = case.post(&server, &body("two")).unwrap_or_else(|fault| panic!("{}: {fault}", case.target));
        let [(id_then, text)] = mine(&server).try_into().expect("one comment");
        assert!(
            second.is_update && id_then == id && text.contains("two") && !text.contains("one"),
            "{}: {text}",
            case.target
        );
        server.with(|store| {
            assert!(store.files.iter().any(|file| file.id == theirs), "{}", case.target);
            store.files.retain(|file| file.id != theirs);
            assert_eq!(files(store), sorted(case.files), "{}", case.target);
            assert!(
                store
                    .files
                    .iter()
                    .filter(|file| !file.name.ends_with(".gz"))
                    .all(|file| file.bytes.ends_with(b"two") || file.bytes.windows(3).any(|part| part == b"two"))
            );
        });
        assert_eq!(others(&server), before, "{}", case.target);
        // Another name is another comment.
        let other = Body { name: "second".parse().expect("a name"), ..body("three") };
        assert!(!case.post(&server, &other).expect("a third").is_update);
        assert_eq!(mine(&server).len(), 2);
    }
}

#[test]
fn a_busy_host_is_asked_again_and_gets_one_comment() {
    for case in CASES {
        let server = case.start();
        server.with(|store| {
            store.failing = vec![
                ("GET", "", Failing::Answers(429, Some("0"))),
                ("GET", "", Failing::Answers(502, None)),
                ("GET", "", Failing::BreaksOff),
                ("POST", case.comments, Failing::Answers(429, Some("0"))),
                ("POST", case.comments, Failing::AnswersAfter(502)),
            ];
        });
        case.post(&server, &body("one")).unwrap_or_else(|fault| panic!("{}: {fault}", case.target));
        assert_eq!(mine(&server).len(), 1, "{}", case.target);
        assert!(server.with(|store| store.failing.is_empty()), "{}", case.target);

        let server = case.start();
        let broken =
            vec![("POST", case.comments, Failing::BreaksOff), ("POST", case.comments, Failing::Answers(500, None))];
        server.with(|store| store.failing = broken.clone());
        case.post(&server, &body("one")).unwrap_or_else(|fault| panic!("{}: {fault}", case.target));
        assert_eq!(mine(&server).len(), 1, "{}", case.target);
    }
}

#[test]
fn it_gives_up_where_a_host_asks_for_longer_or_never_recovers() {
    for case in CASES {
        let server = case.start();
        server.with(|store| store.failing = vec![("POST", case.comments, Failing::Answers(429, Some("3600")))]);
        let fault = case.post(&server, &body("one")).expect_err("it asks for an hour");
        assert!(fault.to_string().contains("asks to wait for 3600 s (429): told to fail"), "{fault}");

        let server = case.start();
        server.with(|store| store.failing = vec![("GET", "", Failing::Answers(503, None)); 5]);
        let fault = case.post(&server, &body("one")).expect_err("it never recovers");
        assert!(fault.to_string().contains("failed by itself (503)"), "{fault}");
        assert_eq!(server.with(|store| (store.asked.len(), store.changes())), (5, 0), "{}", case.target);
    }
}

/// Each with the words of its error, and nothing written.
#[test]
fn each_fault_is_one_clear_error_and_changes_nothing() {
    for case in CASES {
        let said = |wanted: &str, change: &dyn Fn(&mut Store), (of, token): (&str, &str), body: &Body| {
            let server = case.start();
            server.with(|store| change(store));
            let fault = case.post_with(&server, (of, token), body, If::EditedKeep).expect_err(wanted);
            let text = fault.to_string();
            assert!(
                text.contains(wanted) && !text.contains(token) && !fault.hint().is_empty(),
                "{}: {text}",
                case.target
            );
            assert!(!format!("{fault:?}").contains(token));
            assert_eq!(server.with(|store| store.changes()), 0, "{}: {wanted}", case.target);
            assert_eq!(mine(&server), []);
        };
        let (as_is, good) = (|_: &mut Store| {}, (case.target, TOKEN));
        said("does not know the token (401)", &as_is, (case.target, "wr0ng-token"), &body("one"));
        let elsewhere = case.target.replace("12", "99");
        said("there is no", &as_is, (&elsewhere, TOKEN), &body("one"));
        let long = Body { text: "a".repeat(40_000), ..body("one") };
        said("the comment has 40000 bytes", &as_is, good, &long);
        let forbidden = |store: &mut Store| store.failing = vec![("GET", "12", Failing::Answers(403, None))];
        said("does not let this token do it (403)", &forbidden, good, &body("one"));
        let moved = |store: &mut Store| store.failing = vec![("GET", "12", Failing::Answers(301, None))];
        said("is at", &moved, good, &body("one"));
        if !case.files.is_empty() && !case.target.starts_with("gitlab") {
            let mut large = body("one");
            large.files[0].bytes = vec![b'a'; (1 << 20) + 1];
            said("postmortem.md has 1048577 bytes", &as_is, good, &large);
        }
    }
}

#[test]
fn what_people_made_of_a_comment_stays_unless_they_are_asked() {
    for case in CASES {
        let server = case.start();
        case.post(&server, &body("one")).expect("a first");
        server.with(|store| {
            let comment = store.comments.iter_mut().find(|comment| comment.author == ME).expect("ours");
            comment.body.push_str("\n\nand what we saw");
            comment.editor = OTHER;
        });
        let fault = case.post(&server, &body("two")).expect_err("it was edited");
        assert!(fault.to_string().contains("was edited since: ") && fault.hint().contains("--force"), "{fault}");
        assert!(mine(&server)[0].1.contains("and what we saw"), "{}", case.target);
        assert_eq!(server.with(|store| files(store)), sorted(case.files));
        case.post_with(&server, (case.target, TOKEN), &body("two"), If::EditedReplace).expect("by force");
        assert!(!mine(&server)[0].1.contains("and what we saw"), "{}", case.target);
    }
}

/// A comment that a host refuses after it took the files leaves none of them behind.
#[test]
fn files_of_a_comment_that_was_refused_are_taken_back() {
    for case in CASES {
        let server = case.start();
        server.with(|store| store.failing = vec![("POST", case.comments, Failing::Answers(422, None))]);
        let fault = case.post(&server, &body("one")).expect_err("it is refused");
        assert!(fault.to_string().contains("refused it (422): told to fail"), "{fault}");
        assert_eq!((mine(&server), server.with(|store| files(store))), (Vec::new(), Vec::new()), "{}", case.target);
    }
}

#[test]
fn a_dead_host_does_not_answer() {
    for case in CASES {
        let server = case.start();
        let gone = Server { url: "http://127.0.0.1:1".to_owned(), store: std::sync::Arc::clone(&server.store) };
        let fault = case.post(&gone, &body("one")).expect_err("nobody is there");
        assert_eq!(fault.to_string(), "http://127.0.0.1:1 does not answer: the connection was refused");
    }
}

/// What a host says of an error may hold what it was sent.
#[test]
fn a_token_that_a_host_repeats_is_not_shown() {
    let answer: Answer = |_, asked| {
        let message = format!("bad: {}", asked.header("authorization"));
        Ok(server::Reply::json(422, &serde_json::json!({ "message": message })))
    };
    let case = Case { target: "github:shop/infra#12", answer, files: &[], comments: "" };
    let fault = case.post(&Server::start(answer), &body("one")).expect_err("it refuses");
    assert_eq!(fault.to_string(), "GitHub refused it (422): bad: Bearer [token]");
}

/// A token of GitHub Actions may not ask who it is.
#[test]
fn a_bot_of_github_finds_its_own_comment() {
    let answer: Answer = |store, asked| match asked.path.as_str() {
        "/user" => {
            Ok(server::Reply::json(403, &serde_json::json!({"message": "Resource not accessible by integration"})))
        }
        _ => github::answer(store, asked).map(|mut reply| {
            reply.body = reply.body.replace(r#""login":"user-7","type":"User""#, r#""login":"a[bot]","type":"Bot""#);
            reply
        }),
    };
    let case = Case { target: "github:shop/infra#12", answer, files: &[], comments: "" };
    let server = case.start();
    assert!(!case.post(&server, &body("one")).expect("a first").is_update);
    assert!(case.post(&server, &body("two")).expect("a second").is_update);
    assert_eq!(mine(&server).len(), 1);
}
